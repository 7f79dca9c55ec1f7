import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import type { DeployRecord } from '../deploy/journal.ts'
import { planHash, signPlan } from '../deploy/plan-hash.ts'
import type { Plan, PlanKind } from '../deploy/plan.ts'
import type { Release } from '../deploy/release.ts'
import { APPROVAL_MS, Approvals } from './approvals.ts'
import { State } from './state.ts'

const ANNA = 'anna@host (pid 1)'
const OTTO = 'otto@host (pid 2)'

const release = (sequence: number, approval = true): Release =>
  ({
    id: `${sequence}-x`,
    sequence,
    digest: 'x',
    artifacts: {},
    secrets: {},
    config: { name: 'shop', environment: 'production', approval },
  }) as unknown as Release

function planOf(next: Release, kind: PlanKind = 'deploy'): Plan {
  const content = { kind, base: { live: null, warm: null, sequence: 0 }, release: next, operations: [] }
  return { ...content, hash: planHash(content) } as unknown as Plan
}

function make(t: TestContext, environment = 'production') {
  const folder = mkdtempSync(join(tmpdir(), 'seaworthy-approvals-'))
  const state = new State(join(folder, 'state.db'))
  t.after(() => {
    state.close()
    rmSync(folder, { recursive: true, force: true })
  })
  let now = 1_000_000
  const clock = { now: () => now, sleep: async () => {} }
  const approvals = new Approvals({ state, clock, app: 'shop', environment })
  return { approvals, state, later: (ms: number) => void (now += ms) }
}

const REFUSED = { code: 'deploy.not-approved' }
const plan = signPlan(planOf(release(1)), 'anna@host')

test('a plan goes after somebody else has approved it, and only this plan', (t) => {
  const { approvals } = make(t)
  assert.throws(() => approvals.check(plan, ANNA), { ...REFUSED, message: /nobody has given one/ })
  const { until, at } = approvals.give(plan, OTTO)
  assert.equal(until - at, APPROVAL_MS)
  approvals.check(plan, ANNA)
  const other = signPlan(planOf(release(2)), 'anna@host')
  assert.throws(() => approvals.check(other, ANNA), REFUSED)
  assert.equal(approvals.approverOf(plan.hash), OTTO)
})

test('whoever made the plan cannot approve it, and whoever approved it cannot deploy it', (t) => {
  const { approvals } = make(t)
  assert.throws(() => approvals.give(plan, 'anna@host (pid 77)'), { code: 'approval.own-plan' })
  assert.throws(() => approvals.give(planOf(release(1)), OTTO), { code: 'approval.own-plan' })
  approvals.give(plan, OTTO)
  assert.throws(() => approvals.check(plan, 'otto@host (pid 9)'), { ...REFUSED, message: /cannot both approve/ })
})

test('a plan that was changed is refused, with its old hash and with another', (t) => {
  const { approvals } = make(t)
  const changed = { ...plan, by: 'eve@host' }
  assert.throws(() => approvals.give(changed, OTTO), { code: 'deploy.plan-altered' })
  approvals.give(plan, OTTO)
  assert.throws(() => approvals.check({ ...changed, hash: planHash(changed) }, ANNA), REFUSED)
})

test('a deploy knows the approval it was begun with, and no other', (t) => {
  const { approvals } = make(t)
  const given = approvals.give(plan, OTTO)
  assert.equal(approvals.usedFor(plan.hash, 'd1'), null)
  approvals.use(plan, 'd1')
  assert.deepEqual(approvals.usedFor(plan.hash, 'd1'), { ...given, usedBy: 'd1' })
  assert.equal(approvals.usedFor(plan.hash, 'd2'), null)
})

test('a way back to what was promoted brings what was approved, not another build of it', (t) => {
  const { approvals, state } = make(t)
  const from = (made: string): Release => ({
    ...release(1),
    promoted: { environment: 'staging', release: '7-y', made: { api: made } },
  })
  state.saveRelease(from('sha256:1'))
  state.set('live', '1-x')
  approvals.check(planOf(from('sha256:1'), 'restart'), ANNA)
  assert.throws(() => approvals.check(planOf(from('sha256:2'), 'restart'), ANNA), REFUSED)
  const promotion = planOf(from('sha256:1'))
  const own = 'make one to hand on: seaworthy promote staging production --out .seaworthy/plan.json'
  assert.throws(() => approvals.check(promotion, ANNA), { ...REFUSED, details: [`plan ${promotion.hash}`, own] })
})

test('an approval runs out, is used once, and can be revoked', (t) => {
  const { approvals, later } = make(t)
  approvals.give(plan, OTTO)
  later(APPROVAL_MS - 1)
  approvals.check(plan, ANNA)
  later(1)
  assert.throws(() => approvals.check(plan, ANNA), { ...REFUSED, message: /ran out/ })
  approvals.give(plan, OTTO)
  approvals.use(plan, 'd1')
  assert.throws(() => approvals.check(plan, ANNA), { ...REFUSED, message: /was used for d1/ })
  const second = signPlan(planOf(release(2)), 'anna@host')
  approvals.give(second, OTTO)
  approvals.revoke(second.hash, ANNA)
  assert.throws(() => approvals.check(second, ANNA), { ...REFUSED, message: /anna@host .* has revoked it/ })
  assert.throws(() => approvals.revoke('unknown', ANNA), { code: 'approval.unknown' })
  assert.deepEqual(
    approvals.list().map(({ usedBy, revokedBy }) => [usedBy, revokedBy]),
    [
      ['d1', null],
      [null, ANNA],
    ],
  )
})

test('taking the condition out of the config wants an approval itself', (t) => {
  const { approvals, state } = make(t)
  const lax = signPlan(planOf(release(2, false)), 'anna@host')
  approvals.check(lax, ANNA)
  state.saveRelease(release(1))
  state.set('live', '1-x')
  assert.throws(() => approvals.check(lax, ANNA), REFUSED)
})

test('going back and starting again want none, unless they bring something that was never live', (t) => {
  const { approvals, state } = make(t)
  for (const sequence of [1, 2]) {
    state.saveRelease(release(sequence))
    state.markLive(`${sequence}-x`, sequence)
  }
  state.set('live', '2-x')
  approvals.check(planOf(release(1), 'rollback'), ANNA)
  approvals.check(planOf(release(3), 'restart'), ANNA)
  const smuggled = { ...release(3), artifacts: { api: 'other' } }
  assert.throws(() => approvals.check(planOf(smuggled, 'rollback'), ANNA), REFUSED)
  assert.throws(() => approvals.check(planOf(smuggled, 'restart'), ANNA), REFUSED)
  const rotated = { ...release(2), secrets: { JWT_KEY: 'another' } }
  assert.throws(() => approvals.check(planOf(rotated, 'rotate'), ANNA), REFUSED)
})

test('a plan for another environment is refused', (t) => {
  const { approvals } = make(t, 'staging')
  assert.throws(() => approvals.give(plan, OTTO), { code: 'approval.other-environment' })
})

test('going back to a release from before the condition does not end it; an approved deploy without it does', (t) => {
  const { approvals, state } = make(t)
  const [before, free] = [release(1, false), signPlan(planOf(release(3, false)), 'anna@host')]
  state.saveRelease(before)
  approvals.use(planOf(release(2)), 'd2')
  // What is live now never asked for approvals.
  state.set('live', before.id)
  assert.throws(() => approvals.check(free, ANNA), REFUSED)
  approvals.give(free, OTTO)
  approvals.check(free, ANNA)
  approvals.use(free, 'd3')
  const deploy = { id: 'd3', plan: free } as unknown as DeployRecord
  approvals.settle(deploy, 'taken-back')
  const next = signPlan(planOf(release(4, false)), 'anna@host')
  assert.throws(() => approvals.check(next, ANNA), REFUSED)
  approvals.settle(deploy, 'done')
  approvals.check(next, ANNA)
})
