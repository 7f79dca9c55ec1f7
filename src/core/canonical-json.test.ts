import assert from 'node:assert/strict'
import { test } from 'node:test'
import { canonicalJson, sha256 } from './canonical-json.ts'

test('the order in which keys were written does not show', () => {
  const text = '{"a":[{"x":null,"y":"é\\n"},2],"b":{"B":1.5,"a":true}}'
  assert.equal(canonicalJson({ b: { a: true, B: 1.5 }, a: [{ y: 'é\n', x: null }, 2] }), text)
  assert.equal(canonicalJson(JSON.parse(text)), text)
})

test('undefined is left out of objects and is null in lists', () => {
  assert.equal(canonicalJson({ a: undefined, b: [undefined] }), '{"b":[null]}')
})

test('the order of a list does show', () => {
  assert.notEqual(canonicalJson([1, 2]), canonicalJson([2, 1]))
})

test('sha256 answers in hex', () => {
  assert.equal(sha256(''), 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855')
})
