import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { StoredLine } from './line.ts'
import { Ring, RING_LINES_MAX, RING_TEXT_MAX } from './ring.ts'

const line = (text: string, service = 'api'): StoredLine => ({
  id: text,
  atMs: 1,
  service,
  instance: null,
  release: null,
  level: 'info',
  correlationId: null,
  traceId: null,
  text,
})

void test('a follower gets what matches, once, as soon as it comes', async () => {
  const ring = new Ring('e')
  ring.add([line('before')])
  const { after } = await ring.follow({ query: {}, after: null, waitMs: 0 })
  const waiting = ring.follow({ query: { service: 'web' }, after, waitMs: 20_000 })
  ring.add([line('other')])
  ring.add([line('mine', 'web'), line('mine too', 'web')])
  const first = await waiting
  assert.deepEqual(
    first.lines.map(({ text }) => text),
    ['mine', 'mine too'],
  )
  const second = await ring.follow({ query: { service: 'web' }, after: first.after, waitMs: 1 })
  assert.deepEqual([second.lines, second.dropped], [[], 0])
})

void test('who is too slow is told how many lines went by', async () => {
  const ring = new Ring('e', 3)
  const { after } = await ring.follow({ query: {}, after: null, waitMs: 0 })
  ring.add(['1', '2', '3', '4', '5'].map((text) => line(text)))
  const { lines, dropped } = await ring.follow({ query: {}, after, waitMs: 0 })
  assert.deepEqual([lines.map(({ text }) => text), dropped], [['3', '4', '5'], 2])
})

void test('after a restart what the new process has seen is told from its beginning', async () => {
  const ring = new Ring('new')
  ring.add([line('first')])
  const { lines } = await ring.follow({ query: {}, after: 'old:77', waitMs: 0 })
  assert.deepEqual(
    lines.map(({ text }) => text),
    ['first'],
  )
})

void test('long lines are bounded by their text: held, and in one answer; none but the oldest is missing', async () => {
  const ring = new Ring('e')
  const { after } = await ring.follow({ query: {}, after: null, waitMs: 0 })
  const length = 64 * 1024
  const count = RING_TEXT_MAX / length + 10
  assert.ok(count < RING_LINES_MAX)
  for (let n = 0; n < count; n++) ring.add([{ ...line('x'.repeat(length)), id: String(n) }])
  const got: string[] = []
  let lost = 0
  for (let at = after, round = 0; round < 100; round++) {
    const answer = await ring.follow({ query: {}, after: at, waitMs: 0 })
    assert.ok(answer.lines.length <= 32, `${answer.lines.length} lines of 64 KiB at once`)
    got.push(...answer.lines.map(({ id }) => id))
    lost += answer.dropped
    at = answer.after
  }
  assert.equal(lost, 10)
  assert.deepEqual(
    got,
    Array.from({ length: count - 10 }, (_, n) => String(n + 10)),
  )
})
