import assert from 'node:assert/strict'
import { test } from 'node:test'
import { EventBatch, SINGLE_MAX, SINGLES_MAX, WAITING_MAX, WINDOW_MS } from './event-batch.ts'
import type { SecurityEvent } from './event.ts'

const eventOf = (parts: Partial<SecurityEvent> = {}): SecurityEvent => ({
  kind: 'threat',
  atMs: 0,
  client: '192.0.2.1',
  correlationId: 'c1',
  method: 'GET',
  path: '/search',
  refused: true,
  class: 'sqli',
  score: 100,
  evidence: [],
  principal: null,
  reason: '',
  ...parts,
})
const countsOf = (events: readonly SecurityEvent[]): number[] => events.map(({ count }) => count ?? 1)
const sum = (events: readonly SecurityEvent[]): number => countsOf(events).reduce((one, other) => one + other, 0)

test('single events are told as they are, in order', () => {
  const batch = new EventBatch()
  const events = [eventOf(), eventOf({ client: '192.0.2.2' }), eventOf({ kind: 'blocked', class: null })]
  for (const event of events) batch.add(event, 0)
  assert.deepEqual(batch.take(10, 0), events)
  assert.deepEqual(batch.take(10, 0), [])
})

test('a flood of one client becomes a few events and one with their number and first and last time', () => {
  const batch = new EventBatch()
  for (let at = 0; at < 900; at++) batch.add(eventOf({ atMs: at, score: at }), at)
  const first = batch.take(100, 900)
  assert.deepEqual(countsOf(first), Array<number>(SINGLE_MAX).fill(1))
  const [rest, ...none] = batch.take(100, WINDOW_MS)
  assert.deepEqual(none, [])
  assert.deepEqual(
    [rest?.count, rest?.atMs, rest?.untilMs, rest?.score, rest?.client],
    [900 - SINGLE_MAX, SINGLE_MAX, 899, 899, '192.0.2.1'],
  )
})

test('another client, class or outcome is told beside the flood', () => {
  const batch = new EventBatch()
  for (let at = 0; at < 50; at++) batch.add(eventOf(), at)
  batch.add(eventOf({ client: '192.0.2.2' }), 50)
  batch.add(eventOf({ class: 'xss' }), 50)
  batch.add(eventOf({ refused: false }), 50)
  assert.equal(batch.take(100, 60).length, SINGLE_MAX + 3)
})

test('a million events of rotating clients are all counted, in a bounded number of events', () => {
  const batch = new EventBatch()
  const taken: SecurityEvent[] = []
  for (let index = 0; index < 1_000_000; index++) {
    const atMs = index / 500
    batch.add(eventOf({ atMs, client: `10.${index >> 16}.${(index >> 8) & 255}.${index & 255}` }), atMs)
    if (index % 10_000 === 0) taken.push(...batch.take(500, atMs))
  }
  batch.flush()
  while (batch.isWaiting) taken.push(...batch.take(500, 2_000))
  assert.equal(sum(taken), 1_000_000)
  assert.ok(taken.length < 3 * (SINGLES_MAX + 2_001), `${taken.length} events`)
})

test('with nobody to take them events wait up to the bound, then they are counted by kind and class', () => {
  const batch = new EventBatch()
  let added = 0
  for (let window = 0; window < 100; window++)
    for (let index = 0; index < 150; index++) {
      batch.add(
        eventOf({ client: `10.0.${window}.${index}`, class: index % 2 === 0 ? 'sqli' : 'xss' }),
        window * WINDOW_MS,
      )
      added += 1
    }
  batch.flush()
  const taken = batch.take(1_000_000, 0)
  assert.equal(taken.length, WAITING_MAX + 2)
  assert.equal(sum(taken), added)
  assert.deepEqual(
    taken.slice(-2).map(({ client }) => client),
    ['', ''],
  )
})

test('texts of a client are cut', () => {
  const batch = new EventBatch()
  const evidence = Array.from({ length: 50 }, () => ({
    class: 'sqli' as const,
    rule: 'sqli.tautology',
    location: 'query' as const,
    name: 'q'.repeat(9_999),
    excerpt: 'x'.repeat(9_999),
    score: 100,
  }))
  batch.add(eventOf({ path: '/'.repeat(99_999), reason: 'r'.repeat(9_999), evidence }), 0)
  assert.ok(JSON.stringify(batch.take(1, 0)).length < 4_096)
})
