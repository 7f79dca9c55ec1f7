import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Span, Trace } from '../observe/traces/span.ts'
import { traceTable, traceWaterfall } from './trace-text.ts'

const span = (name: string, parentSpanId: string | null, startMs: number, durationMs: number): Span => ({
  traceId: 't',
  spanId: name,
  parentSpanId,
  name,
  kind: 'server',
  startMs,
  durationMs,
  status: name === 'attempt 1' ? 'error' : 'ok',
  attributes: {},
})

const trace: Trace = {
  traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
  correlationId: 'c-1',
  service: 'api',
  instance: 'api@7-3fa9c1d2-1',
  release: '7-3fa9c1d2',
  route: 'GET /api',
  because: 'slow',
  sampled: true,
  spans: [
    span('GET /api', null, 1_000, 40),
    span('attempt 1', 'GET /api', 1_000, 10),
    span('attempt 2', 'GET /api', 1_010, 30),
  ],
}

void test('a waterfall shows each span where it stands in time', () => {
  assert.equal(
    traceWaterfall(trace),
    [
      'GET /api  slow, release 7-3fa9c1d2, api@7-3fa9c1d2-1',
      'trace 4bf92f3577b34da6a3ce929d0e0e4736, request c-1',
      `GET /api         40.00 ms  ${'█'.repeat(40)}`,
      `  attempt 1      10.00 ms  ${'█'.repeat(10).padEnd(40)}  error`,
      `  attempt 2      30.00 ms  ${' '.repeat(10)}${'█'.repeat(30)}`,
    ].join('\n'),
  )
})

void test('the list says when, how long, why, where and which', () => {
  const { spans: _, ...rest } = trace
  const said = traceTable([{ ...rest, startMs: 0, durationMs: 40, spanCount: 3 }])
  assert.equal(said, '1970-01-01T00:00:00.000  40.0 ms  slow  api  GET /api  4bf92f3577b34da6a3ce929d0e0e4736')
  assert.match(traceTable([]), /none failed/)
})
