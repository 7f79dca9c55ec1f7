import assert from 'node:assert/strict'
import { test } from 'node:test'
import { heldBy, isOpen, notificationId, type Verdict } from './incident.ts'

void test('an incident waits for somebody until it is acknowledged or over', () => {
  assert.equal(isOpen({ acknowledgedAtMs: null, resolvedAtMs: null }), true)
  assert.equal(isOpen({ acknowledgedAtMs: 1, resolvedAtMs: null }), false)
  assert.equal(isOpen({ acknowledgedAtMs: null, resolvedAtMs: 1 }), false)
})

void test('of several stages that hold an alert, the first is named', () => {
  const hold = (stage: 'silence' | 'inhibit'): Verdict => ({ kind: 'hold', stage, because: stage, untilMs: null })
  assert.equal(heldBy([{ kind: 'pass' }]), null)
  assert.equal(heldBy([hold('silence'), { kind: 'pass' }, hold('inhibit')])?.stage, 'inhibit')
})

void test('each thing that is told has an id of its own, the same whenever it is told', () => {
  const fired = { app: 'shop', environment: 'local', incident: 'i7', kind: 'fired' } as const
  assert.equal(notificationId(fired, 0), 'shop/local/i7/fired')
  assert.equal(notificationId({ ...fired, kind: 'escalated' }, 2), 'shop/local/i7/escalated/2')
})
