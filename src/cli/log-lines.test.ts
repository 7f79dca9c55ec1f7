import assert from 'node:assert/strict'
import { test } from 'node:test'
import { matches, parseLine, serviceOf } from './log-lines.ts'

test('a JSON line gives its time, level, id and message, whatever its dialect', () => {
  const ours = parseLine(
    '{"time":"2026-01-02T03:04:05.678Z","level":"warn","message":"slow","correlationId":"abc"}',
    'api@1-x-1',
    0,
  )
  assert.equal(ours.at, Date.parse('2026-01-02T03:04:05.678Z'))
  assert.deepEqual([ours.level, ours.correlation, ours.message], ['warn', 'abc', 'slow correlationId=abc'])
  const pino = parseLine('{"level":50,"time":1767323045678,"msg":"failed","reqId":"r1"}', 'api@1-x-1', 0)
  assert.deepEqual([pino.at, pino.level, pino.correlation], [1767323045678, 'error', 'r1'])
})

test('a text line keeps its words, and its time and level where it shows them', () => {
  const line = parseLine('2026-01-02 03:04:05,678 ERROR something broke', 'web@1-x-1', 5)
  assert.equal(line.level, 'error')
  assert.equal(line.message, '2026-01-02 03:04:05,678 ERROR something broke')
  assert.equal(parseLine('hello', 'web@1-x-1', 5).at, 5)
})

test('filters combine: service, level, time and id', () => {
  const line = parseLine('{"time":1000,"level":"warn","message":"x","id":"abc"}', 'api@1-x-1', 0)
  assert.equal(line.at, 1_000_000)
  assert.equal(matches(line, { service: 'api', level: 'warn', since: 999_999, correlation: 'abc' }), true)
  assert.equal(matches(line, { service: 'web' }), false)
  assert.equal(matches(line, { level: 'error' }), false)
  assert.equal(matches(line, { until: 999_999 }), false)
  assert.equal(matches(line, { correlation: 'other' }), false)
})

test('the service is read from the names of instances, jobs and workers', () => {
  assert.equal(serviceOf('hook:after:d7@7-3fa9c1d2'), 'hook')
  assert.deepEqual(['api@7-3fa9c1d2-1', 'build:api@7-3fa9c1d2', 'gateway-2', 'control'].map(serviceOf), [
    'api',
    'api',
    'gateway',
    'control',
  ])
})
