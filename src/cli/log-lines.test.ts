import assert from 'node:assert/strict'
import { test } from 'node:test'
import { keptLine, parseLine } from './log-lines.ts'

const RELEASE = '7-3fa9c1d2'
const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736'

test('a line of a file is read as control reads it: whose, which release, which request', () => {
  const raw = `{"time":"2026-01-02T03:04:05.678Z","level":"warn","message":"slow","correlationId":"abc","traceId":"${TRACE}"}`
  assert.deepEqual(parseLine(raw, `api@${RELEASE}-1`, 0), {
    atMs: Date.parse('2026-01-02T03:04:05.678Z'),
    service: 'api',
    instance: `api@${RELEASE}-1`,
    release: RELEASE,
    level: 'warn',
    correlationId: 'abc',
    traceId: TRACE,
    text: 'slow',
    source: `api@${RELEASE}-1`,
    id: null,
  })
  const access = `{"part":"access","method":"GET","path":"/","status":200,"durationMs":1,"release":"${RELEASE}"}`
  assert.deepEqual(
    [parseLine(access, 'gateway-1', 5)].map(({ service, release, atMs, source }) => [service, release, atMs, source]),
    [['gateway', RELEASE, 5, 'gateway-1']],
  )
})

test('a kept line is shown as of its instance, or of its service', () => {
  const line = { ...parseLine('x', 'need-db', 1), id: '1-1-1' }
  assert.deepEqual([keptLine(line).source, keptLine(line).id], ['db', '1-1-1'])
  assert.equal(keptLine({ ...line, instance: 'api@1-aaaaaaaa-1' }).source, 'api@1-aaaaaaaa-1')
})
