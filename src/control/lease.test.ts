import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import type { Clock } from '../core/clock.ts'
import { LEASE_MS, Leases } from './lease.ts'
import { State } from './state.ts'

function make(t: TestContext): { leases: Leases; pass: (ms: number) => void } {
  const folder = mkdtempSync(join(tmpdir(), 'seaworthy-lease-'))
  const state = new State(join(folder, 'state.db'))
  t.after(() => {
    state.close()
    rmSync(folder, { recursive: true, force: true })
  })
  let now = 1_000
  const clock: Clock = { now: () => now, sleep: async () => {} }
  return { leases: new Leases(state, clock), pass: (ms) => (now += ms) }
}
const request = (holder: string) => ({ holder, reason: 'deploy', process: null })

test('a lease that runs out can be taken, and the token of its holder is worth nothing any more', (t) => {
  const { leases, pass } = make(t)
  const first = leases.acquire(request('first'))
  assert.throws(() => leases.acquire(request('second')), /first is at work/)
  pass(LEASE_MS + 1)
  const second = leases.acquire(request('second'))
  assert.ok(second.token > first.token)
  assert.throws(() => leases.check(first.token), { code: 'lease.lost' })
  leases.check(second.token)
})

test('what control does by itself keeps deploys out meanwhile, and is kept out by them', async (t) => {
  const { leases } = make(t)
  const finished = Promise.withResolvers<void>()
  const held = leases.holdOrCheck(null, 'stop api', () => finished.promise)
  assert.throws(() => leases.acquire(request('deploy')), { code: 'deploy.locked' })
  finished.resolve()
  await held
  const { token } = leases.acquire(request('deploy'))
  await assert.rejects(
    leases.holdOrCheck(null, 'stop api', async () => assert.fail('must not begin')),
    { code: 'deploy.locked' },
  )
  assert.equal(await leases.holdOrCheck(token, 'stop api', async () => 'part of the deploy'), 'part of the deploy')
})
