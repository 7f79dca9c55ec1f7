import assert from 'node:assert/strict'
import { test } from 'node:test'
import { dedupKeyOf, heldBy, isOpen, notificationId, type Verdict } from './incident.ts'

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

void test('what was begun without a key keeps the one it had; a test joins no incident', () => {
  const told = { app: 'shop', environment: 'local', incident: 'i7', id: 'shop/local/i7/resolved' } as const
  assert.equal(dedupKeyOf({ ...told, dedupKey: 'shop/local/i7/x' }), 'shop/local/i7/x')
  assert.equal(dedupKeyOf(told), 'shop/local/i7')
  assert.equal(dedupKeyOf({ ...told, incident: null, id: 'shop/local/-/test/1' }), 'shop/local/-/test/1')
})
