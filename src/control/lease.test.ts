import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import type { Clock } from '../core/clock.ts'
import { ownIdentity } from '../core/process-identity.ts'
import { HEARTBEAT_MS, LEASE_MS, Leases } from './lease.ts'
import { State } from './state.ts'

function make(t: TestContext): { leases: Leases; state: State; pass: (ms: number) => void } {
  const folder = mkdtempSync(join(tmpdir(), 'seaworthy-lease-'))
  const state = new State(join(folder, 'state.db'))
  t.after(() => {
    state.close()
    rmSync(folder, { recursive: true, force: true })
  })
  let now = 1_000
  // Nobody's patience ends but where a test says so.
  const clock: Clock = { now: () => now, sleep: () => new Promise(() => {}) }
  return { state, leases: new Leases(state, clock), pass: (ms) => (now += ms) }
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

test('what control does by itself is done one after the other, each under a lease of its own', async (t) => {
  const { leases } = make(t)
  const finished = Promise.withResolvers<void>()
  const did: string[] = []
  const work = (what: string, until?: Promise<void>) => async (): Promise<void> => {
    did.push(`${what}: ${leases.look()!.reason}`)
    await until
    did.push(`${what} ends`)
  }
  const first = leases.hold('stop api', work('api', finished.promise))
  const failing = leases.hold('stop jobs', () => Promise.reject(new Error('no')))
  const second = leases.hold('stop side', work('side'))
  const refused = assert.rejects(failing, /^Error: no$/)
  await new Promise((resolve) => setImmediate(resolve))
  assert.deepEqual(did, ['api: stop api'])
  finished.resolve()
  await Promise.all([first, refused, second])
  assert.deepEqual(did, ['api: stop api', 'api ends', 'side: stop side', 'side ends'])
  assert.equal(leases.look(), null)
})

test('who has waited too long for its turn is told what is in its way, and those behind it go on waiting', async (t) => {
  const { state } = make(t)
  const finished = Promise.withResolvers<void>()
  const patience: (() => void)[] = []
  const sleep = (): Promise<void> => new Promise((resolve) => void patience.push(resolve))
  const leases = new Leases(state, { now: () => 1_000, sleep })
  const first = leases.hold('stop api', () => finished.promise)
  const late = leases.hold('stop side', async () => assert.fail('must not begin'))
  let hasBegun = false
  const last = leases.hold('scale web', async () => void (hasBegun = true))
  while (patience.length < 2) await new Promise((resolve) => setImmediate(resolve))
  patience[0]!()
  await assert.rejects(late, { code: 'deploy.locked', message: /is at work: stop api/ })
  await new Promise((resolve) => setImmediate(resolve))
  assert.equal(hasBegun, false)
  finished.resolve()
  await Promise.all([first, last])
  assert.equal(hasBegun, true)
})

test("a lease of control's own is free as soon as that control is provably gone", async (t) => {
  const { leases, state } = make(t)
  const finished = Promise.withResolvers<void>()
  const held = leases.hold('stop api', () => finished.promise)
  await new Promise((resolve) => setImmediate(resolve))
  const lease = state.get('lease')!
  assert.deepEqual(lease.process, ownIdentity())
  assert.equal(leases.hasCommand(), false)
  // The number is ours, as it may be after a restart; who had it began at another time.
  state.set('lease', { ...lease, holder: 'control (pid 1)', process: { ...lease.process!, startTicks: 1 } })
  assert.equal(leases.hasCommand(), false)
  const { token } = leases.acquire(request('the next control'))
  assert.equal(leases.hasCommand(), true)
  assert.ok(token > lease.token)
  finished.resolve()
  await held
  assert.equal(leases.look()!.token, token, 'and it is not given back by who was before')
})

test('a heartbeat whose lease is lost does not end control', async (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] })
  const { leases, pass } = make(t)
  const finished = Promise.withResolvers<void>()
  const held = leases.hold('stop api', () => finished.promise)
  await new Promise((resolve) => setImmediate(resolve))
  pass(LEASE_MS + 1)
  leases.acquire(request('deploy'))
  t.mock.timers.tick(HEARTBEAT_MS)
  finished.resolve()
  await held
  assert.equal(leases.look()!.holder, 'deploy')
})
