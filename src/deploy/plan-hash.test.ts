import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkPlanHash, planHash, signPlan } from './plan-hash.ts'

const content = { kind: 'deploy', release: { id: '2-x', config: { b: [1, { c: 'd' }], a: null } }, operations: [] }
const plan = { ...content, hash: planHash(content) }

test('a plan that was written and read again, its keys in another order, has the same hash', () => {
  const reordered = { ...Object.fromEntries(Object.entries(content).toReversed()), hash: plan.hash }
  checkPlanHash(JSON.parse(JSON.stringify(reordered, null, 4)) as typeof plan)
})

test('every changed character of the content is found, also when the maker is one of them', () => {
  const text = JSON.stringify(signPlan(plan, 'anna@host'))
  let refused = 0
  for (let at = 0; at < text.length; at++) {
    const changed = text.slice(0, at) + String.fromCharCode(text.charCodeAt(at) ^ 1) + text.slice(at + 1)
    let parsed: typeof plan
    try {
      parsed = JSON.parse(changed) as typeof plan
    } catch {
      continue
    }
    assert.throws(() => checkPlanHash(parsed), { code: 'deploy.plan-altered' }, changed)
    refused += 1
  }
  assert.ok(refused > text.length / 2, `${refused} of ${text.length}`)
})

test('signing makes another hash, which covers the name', () => {
  const signed = signPlan(plan, 'anna@host')
  checkPlanHash(signed)
  assert.notEqual(signed.hash, plan.hash)
  assert.throws(() => checkPlanHash(Object.assign({ ...signed }, { by: 'otto@host' })), { code: 'deploy.plan-altered' })
})
