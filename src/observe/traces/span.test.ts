import assert from 'node:assert/strict'
import { test } from 'node:test'
import { waterfall, type Span } from './span.ts'

const span = (spanId: string, parentSpanId: string | null, startMs: number): Span => ({
  traceId: 't',
  spanId,
  parentSpanId,
  name: spanId,
  kind: 'internal',
  startMs,
  durationMs: 1,
  status: 'unset',
  attributes: {},
})

void test('a waterfall begins with what has no parent here', () => {
  const spans = [
    span('late', 'root', 9),
    span('leaf', 'early', 5),
    span('early', 'root', 4),
    span('root', 'elsewhere', 3),
  ]
  assert.deepEqual(
    waterfall({ spans }).map(({ span: { spanId }, depth }) => `${depth} ${spanId}`),
    ['0 root', '1 early', '2 leaf', '1 late'],
  )
})
