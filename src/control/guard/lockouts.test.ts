import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ToWorker } from '../../gateway/admin/protocol.ts'
import { controlEvent } from './events/record.ts'
import { Lockouts } from './lockouts.ts'

void test('failures at several workers lock everywhere, also at a worker that comes later', () => {
  const clock = { nowMs: 1_000_000 }
  const lockouts = new Lockouts(
    () => ({ after: 4, withinMs: 60_000, forMs: 5_000 }),
    () => clock.nowMs,
  )
  const told: ToWorker[] = []
  lockouts.joined({ send: (message) => told.push(message) })
  const failure = (count: number, principal: string | null) =>
    lockouts.note({
      ...controlEvent('login-failed', clock.nowMs, { client: '2001:db8::1', reason: '' }),
      principal,
      count,
    })

  failure(2, null)
  failure(1, 'account anna')
  assert.deepEqual(told, [])
  failure(1, null)
  assert.deepEqual(told, [
    { type: 'locks', locks: [{ key: 'address 2001:db8:0:0::/64', untilMs: clock.nowMs + 5_000 }] },
  ])

  const later: ToWorker[] = []
  lockouts.joined({ send: (message) => later.push(message) })
  assert.deepEqual(later, told)
  clock.nowMs += 5_000
  const latest: ToWorker[] = []
  lockouts.joined({ send: (message) => latest.push(message) })
  assert.deepEqual(latest, [])
})

void test('an account is locked whoever tries', () => {
  const lockouts = new Lockouts(
    () => ({ after: 3, withinMs: 60_000, forMs: 5_000 }),
    () => 0,
  )
  const keys: string[] = []
  lockouts.joined({ send: (message) => void (message.type === 'locks' && keys.push(message.locks[0]!.key)) })
  for (let client = 1; client <= 3; client++) {
    lockouts.note({
      ...controlEvent('login-failed', 0, { client: `192.0.2.${client}`, reason: '' }),
      principal: 'account anna',
    })
  }
  assert.deepEqual(keys, ['account anna'])
})
