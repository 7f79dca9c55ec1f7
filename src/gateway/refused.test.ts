import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createCounterBook } from './counters.ts'
import type { Context } from './context.ts'
import { noteRefused } from './refused.ts'
import { createRoutingState } from './routing.ts'
import { createWaitingRoom } from './waiting-room.ts'
import { createWorkerGuard } from './worker-guard.ts'
import { createWatchedBook } from './watched.ts'

void test('what the reader refuses is counted and told, under the id that its sender is given', () => {
  const counters = createCounterBook()
  const guard = createWorkerGuard()
  const context: Context = {
    counters,
    guard,
    routing: createRoutingState({ link: () => assert.fail('no link'), probe: () => Promise.resolve(true) }),
    waitingRoom: createWaitingRoom(),
    watched: createWatchedBook(),
    accessLog: () => {},
    onBug: () => {},
  }
  const refused = {
    status: 400,
    code: 'length-twice',
    reason: 'Why.',
    client: '203.0.113.9',
    secure: false,
    within: false,
  }
  const headers = noteRefused(refused, context)
  noteRefused({ ...refused, within: true }, context)
  const events = guard.events.take(10)
  const id = headers[headers.indexOf('X-Correlation-Id') + 1]
  assert.deepEqual(
    events.map(({ kind, client, class: of, reason, refused: was }) => [kind, client, of, reason, was]),
    Array.from({ length: 2 }, () => ['protocol', '203.0.113.9', 'protocol', 'length-twice: Why.', true]),
  )
  assert.equal(events[0]!.correlationId, id)
  // The second was counted as the request it had become.
  assert.equal(counters.snapshot({ connections: 0, requests: 0 }).unrouted, 1)
})
