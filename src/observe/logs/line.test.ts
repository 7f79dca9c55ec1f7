import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isAtLeast, LEVELS, matchesQuery, type LogLine, type LogQuery } from './line.ts'

void test('a level takes in those above it', () => {
  assert.deepEqual(
    LEVELS.filter((level) => isAtLeast(level, 'warn')),
    ['warn', 'error', 'fatal'],
  )
})

void test('everything that is asked for has to hold', () => {
  const line: LogLine = {
    atMs: 5,
    service: 'api',
    instance: 'api-1',
    release: '7-3fa9c1d2',
    level: 'warn',
    correlationId: 'c1',
    traceId: null,
    text: 'The Pool is empty',
  }
  const finds = (query: LogQuery): boolean => matchesQuery(line, query)
  assert.equal(finds({}), true)
  assert.equal(
    finds({
      fromMs: 5,
      toMs: 5,
      service: 'api',
      instance: 'api-1',
      level: 'info',
      correlationId: 'c1',
      text: 'EMPTY pool',
    }),
    true,
  )
  const misses: readonly LogQuery[] = [
    { fromMs: 6 },
    { toMs: 4 },
    { service: 'web' },
    { instance: 'api-2' },
    { level: 'error' },
    { correlationId: 'c2' },
    { traceId: 't' },
    { text: 'pool full' },
  ]
  assert.deepEqual(
    misses.map(finds),
    misses.map(() => false),
  )
})
