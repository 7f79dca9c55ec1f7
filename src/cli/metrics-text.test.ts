import assert from 'node:assert/strict'
import { test } from 'node:test'
import { catalogueText, rangeText, rawText, valuesText } from './metrics-text.ts'

const api = { service: 'api' }

void test('the catalogue has each series with its newest value and its age, and says what is not measured', () => {
  const gauge = { type: 'gauge', help: 'What it is.' } as const
  const many = Array.from({ length: 23 }, (_, index) => ({
    metric: 'm',
    labels: { n: String(index) },
    value: index,
    at: 0,
  }))
  const text = catalogueText(
    [
      { ...gauge, name: 'up', series: [{ metric: 'up', labels: api, value: 1, at: 58_000 }] },
      { ...gauge, name: 'm', series: many },
      { ...gauge, name: 'none', series: [] },
    ],
    60_000,
  )
  const lines = text.split('\n')
  assert.match(lines[1]!, /^up\{service="api"\} +1 +2 s$/)
  assert.match(lines[22]!, /^… and 3 more/)
  assert.match(lines.at(-1)!, /^1 more metrics have no series/)
  assert.match(catalogueText([], 0), /^Nothing was measured/)
})

void test('values are shown with six digits, whole ones whole, and what is no number by its name', () => {
  const text = valuesText([
    { metric: 'a', labels: {}, value: 1 / 3 },
    { metric: null, labels: {}, value: 12_345_678_901 },
    { metric: null, labels: api, value: 'NaN' },
  ])
  assert.deepEqual(
    text.split('\n').map((line) => line.replace(/ +/, ' ')),
    ['SERIES VALUE', 'a 0.333333', '{} 12345678901', '{service="api"} NaN'],
  )
  assert.match(valuesText([]), /yields nothing/)
})

void test('a range is a line of blocks as high as its values, with blanks where there is nothing', () => {
  const points = Array.from({ length: 24 }, (_, index) => [index * 1_000, index] as const)
  const [, line] = rangeText([{ metric: 'm', labels: {}, points }], { start: 0, end: 48_000 }).split('\n')
  const [, blocks, rest] = /^m +([▁-█]+) +(.*)$/.exec(line!)!
  assert.equal(blocks!.length, 24)
  assert.equal(blocks!.at(0), '▁')
  assert.equal(blocks!.at(-1), '█')
  assert.match(rest!, /^0 +23 +23$/)
  assert.match(rangeText([{ metric: 'm', labels: {}, points: [[0, 'NaN']] }], { start: 0, end: 1 }), /NaN$/)
})

void test('raw samples stand one in a line, with their time, and ends are told', () => {
  assert.equal(
    rawText([
      {
        metric: 'up',
        labels: api,
        points: [
          [0, 1],
          [1_500, null],
        ],
      },
    ]),
    'up{service="api"}\n  1970-01-01T00:00:00.000Z  1\n  1970-01-01T00:00:01.500Z  ended',
  )
})
