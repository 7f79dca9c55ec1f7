import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parse } from 'yaml'
import { yamlSections, yamlText } from './yaml.ts'

void test('texts stay texts for every reader', () => {
  const value = { on: 'yes', port: '8080', hex: '0x1f', number: '1e3', nothing: 'null', octal: '010', time: '12:30:45' }
  const text = yamlText(value)
  assert.deepEqual(parse(text, { version: '1.1' }), value)
  assert.deepEqual(parse(text), value)
  assert.match(text, /port: "8080"/)
  assert.match(text, /^"?on"?: "yes"$/m)
})

void test('lines are not folded, and templates are quoted', () => {
  const long = `{{ $labels.service }}: ${'word '.repeat(60)}end`
  const text = yamlText({ summary: long })
  assert.equal(text.trim().split('\n').length, 1)
  assert.deepEqual(parse(text), { summary: long })
})

void test('the same thing twice is written twice', () => {
  const shared = { a: [1, 2] }
  assert.doesNotMatch(yamlText({ one: shared, other: shared }), /[&*]/)
})

void test('sections are one document', () => {
  const text = yamlSections([
    { about: 'first\nof two lines', value: { a: 1 } },
    { value: {} },
    { about: 'second', value: { b: { c: [] } } },
  ])
  assert.equal(text, '# first\n# of two lines\na: 1\n\n# second\nb:\n  c: []\n')
  assert.deepEqual(parse(text), { a: 1, b: { c: [] } })
})
