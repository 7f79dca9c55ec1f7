import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatTraceparent, nextSpan, parseTraceparent, randomHex } from './trace-context.ts'

const TRACE = '0af7651916cd43dd8448eb211c80319c'
const SPAN = 'b7ad6b7169203331'

void test('a valid traceparent is a parent: same trace, new span, same sampling', () => {
  const parent = parseTraceparent(`00-${TRACE}-${SPAN}-00`)
  assert.deepEqual(parent, { traceId: TRACE, spanId: SPAN, sampled: false })
  const span = nextSpan(parent)
  assert.equal(span.traceId, TRACE)
  assert.notEqual(span.spanId, SPAN)
  assert.equal(span.parentSpanId, SPAN)
  assert.equal(nextSpan(null).parentSpanId, null)
  assert.match(formatTraceparent(span), /^00-0af7651916cd43dd8448eb211c80319c-[0-9a-f]{16}-00$/)
})

void test('a later version may carry more, version 00 may not', () => {
  assert.ok(parseTraceparent(`01-${TRACE}-${SPAN}-01-more`))
  assert.equal(parseTraceparent(`00-${TRACE}-${SPAN}-01-more`), null)
})

for (const wrong of [
  undefined,
  '',
  `ff-${TRACE}-${SPAN}-01`,
  `00-${'0'.repeat(32)}-${SPAN}-01`,
  `00-${TRACE}-${'0'.repeat(16)}-01`,
  `00-${TRACE.toUpperCase()}-${SPAN}-01`,
  `00-${TRACE}-${SPAN}-1`,
  ` 00-${TRACE}-${SPAN}-01`,
]) {
  void test(`traceparent ${wrong} begins a new trace`, () => {
    assert.equal(parseTraceparent(wrong), null)
    assert.match(formatTraceparent(nextSpan(null)), /^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/)
  })
}

void test('random ids do not repeat', () => {
  assert.equal(new Set(Array.from({ length: 5_000 }, () => randomHex(8))).size, 5_000)
})
