import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { SecurityEvent } from '../../guard/event.ts'
import { Analytics, MINUTES_KEPT } from './analytics.ts'
import { controlEvent } from './events/record.ts'

const HOUR = 60 * 60_000
const eventOf = (atMs: number, parts: Partial<SecurityEvent> = {}): SecurityEvent => ({
  ...controlEvent('threat', atMs, { client: '192.0.2.1', reason: '' }),
  class: 'sqli',
  refused: true,
  ...parts,
})

test('events are counted by kind, class and minute, each as often as it says', () => {
  const analytics = new Analytics()
  analytics.note(eventOf(HOUR))
  analytics.note(eventOf(HOUR + 59_999, { count: 10, class: 'xss', refused: false }))
  analytics.note(eventOf(HOUR + 60_000, { kind: 'rate-limited', class: null, count: 3 }))
  assert.deepEqual(analytics.totals(), {
    events: 14,
    refused: 4,
    kinds: { threat: 11, 'rate-limited': 3 },
    classes: { sqli: 1, xss: 10 },
  })
  assert.deepEqual(analytics.minutes(3, HOUR + 61_000), [
    { atMs: HOUR - 60_000, events: 0, refused: 0 },
    { atMs: HOUR, events: 11, refused: 1 },
    { atMs: HOUR + 60_000, events: 3, refused: 3 },
  ])
})

test('a day of minutes is kept, and an older event is counted in no other minute', () => {
  const analytics = new Analytics()
  const now = 100 * 24 * HOUR
  for (let minute = 0; minute < 3 * MINUTES_KEPT; minute++) analytics.note(eventOf(now + minute * 60_000))
  const last = now + (3 * MINUTES_KEPT - 1) * 60_000
  analytics.note(eventOf(now))
  const minutes = analytics.minutes(1_000_000, last)
  assert.equal(minutes.length, MINUTES_KEPT)
  assert.deepEqual(new Set(minutes.map(({ events }) => events)), new Set([1]))
})
