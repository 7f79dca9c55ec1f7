import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseRecord } from './parse.ts'

const parts = (record: string): readonly unknown[] => {
  const { atMs, level, correlationId, traceId, text } = parseRecord(record)
  return [atMs, level, correlationId, traceId, text]
}
const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736'
const AT = Date.parse('2026-01-02T03:04:05.678Z')

void test('JSON in the shapes that programs write', () => {
  assert.deepEqual(
    parts(
      `{"level":50,"time":${AT},"pid":7,"hostname":"h","reqId":"r1","traceId":"${TRACE}","msg":"it failed","code":3}`,
    ),
    [AT, 'error', 'r1', TRACE, 'it failed code=3'],
    'pino',
  )
  assert.deepEqual(
    parts('{"name":"api","hostname":"h","pid":7,"level":40,"msg":"slow","time":"2026-01-02T03:04:05.678Z","v":0}'),
    [AT, 'warn', null, null, 'slow name=api'],
    'bunyan',
  )
  assert.deepEqual(
    parts(
      `{"timeUnixNano":"${AT}000000","severityNumber":18,"severityText":"ERROR2","body":{"stringValue":"no room"},"traceId":"${TRACE}","spanId":"00f067aa0ba902b7"}`,
    ),
    [AT, 'error', null, TRACE, 'no room spanId=00f067aa0ba902b7'],
    'OpenTelemetry',
  )
  assert.deepEqual(
    parts(`{"level":"info","ts":${AT / 1000},"logger":"x","msg":"zap"}`),
    [AT, 'info', null, null, 'zap logger=x'],
    'zap',
  )
  assert.deepEqual(
    parts(`{"event":"structlog","level":"warning","timestamp":"2026-01-02T03:04:05.678Z","request_id":"q"}`),
    [AT, 'warn', 'q', null, 'structlog'],
  )
  assert.deepEqual(parts('{"level":"info"}'), [null, 'info', null, null, '{"level":"info"}'])
  assert.deepEqual(parts('{"no end'), [null, 'info', null, null, '{"no end'])
  const deep = `{"a":${'['.repeat(32_000)}${']'.repeat(32_000)}}`
  assert.deepEqual(parts(deep), [null, 'info', null, null, deep], 'nested as deeply as a line can be')
})

void test('the levels of all six names, by number and word', () => {
  const levels = (lines: readonly string[]): readonly string[] => lines.map((line) => parseRecord(line).level)
  const six = ['trace', 'debug', 'info', 'warn', 'error', 'fatal']
  assert.deepEqual(levels([10, 20, 30, 40, 50, 60].map((level) => `{"level":${level},"msg":"x"}`)), six)
  assert.deepEqual(levels([1, 8, 9, 16, 20, 24].map((level) => `{"severityNumber":${level},"body":"x"}`)), six)
  assert.deepEqual(levels(six.map((level) => `{"level":"${level.toUpperCase()}","msg":"x"}`)), six)
  assert.deepEqual(
    levels(['[error] x', 'WARN x', 'level=debug x', 'fatal: x', 'an error in prose', 'panic: x', 'Error: x']),
    ['error', 'warn', 'debug', 'fatal', 'info', 'fatal', 'error'],
  )
  const foreign = ['constructor', '__proto__', 'toString', 'valueOf'].flatMap((word) => [
    `level=${word} x`,
    `{"level":"${word}","msg":"x"}`,
  ])
  assert.deepEqual(new Set(levels(foreign)), new Set(['info']), 'words that every object has')
})

void test('text keeps its words; its time, level, ids and stack are found in it', () => {
  const line = `2026-01-02T03:04:05.678Z ERROR request_id=r-1 traceparent=00-${TRACE}-00f067aa0ba902b7-01 broken`
  assert.deepEqual(parts(line), [AT, 'error', 'r-1', TRACE, line])
  const stack = 'TypeError: x is not a function\n    at run (/app/server.mjs:3:9)\n    at main'
  assert.deepEqual(parts(stack), [null, 'error', null, null, stack])
  const logged =
    '{"level":50,"time":1767323045678,"err":{"type":"Error","message":"no","stack":"Error: no\\n    at a"},"msg":"m"}'
  assert.equal(parseRecord(logged).text, 'm err=Error: no\n    at a')
})

void test('colours and control characters go', () => {
  assert.equal(parseRecord('\u001b[31mred\u001b[0m \u001b]0;title\u0007and\u0000 \u0085so on\r').text, 'red and so on')
})

void test('an access line of the gateway gives request, release and trace', () => {
  const line = `{"time":"2026-01-02T03:04:05.678Z","level":"info","part":"access","id":"c-1","trace":"${TRACE}","method":"GET","path":"/a","status":502,"durationMs":3.1,"service":"api","instance":"api@7-3fa9c1d2-1","release":"7-3fa9c1d2","bytes":5,"client":"::1"}`
  assert.deepEqual(parseRecord(line), {
    atMs: AT,
    level: 'info',
    correlationId: 'c-1',
    traceId: TRACE,
    release: '7-3fa9c1d2',
    text: 'GET /a 502 3.1 ms service=api instance=api@7-3fa9c1d2-1 bytes=5 client=::1',
  })
})
