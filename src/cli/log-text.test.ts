import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseLine } from './log-lines.ts'
import { jsonOf, textOf } from './log-text.ts'

const SOURCE = 'api@7-3fa9c1d2-1'
const line = parseLine('{"time":"2026-01-02T03:04:05.678Z","level":"warn","msg":"slow","reqId":"r-1"}', SOURCE, 0)

test('a person is told when, who, what, and of which request', () => {
  assert.equal(textOf(line), `03:04:05.678 ${SOURCE}     WARN slow  id=r-1`)
  assert.equal(textOf(parseLine('hello', SOURCE, 0)), `00:00:00.000 ${SOURCE}     hello`)
})

test('JSON tells everything that is known', () => {
  assert.deepEqual(JSON.parse(jsonOf(line)), {
    time: '2026-01-02T03:04:05.678Z',
    source: SOURCE,
    service: 'api',
    instance: SOURCE,
    release: '7-3fa9c1d2',
    level: 'warn',
    correlation: 'r-1',
    trace: null,
    message: 'slow',
    id: null,
  })
})
