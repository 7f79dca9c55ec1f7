import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Control } from '../control.ts'
import { alertsHandlers } from './alerts.ts'

void test('a silence takes patterns that end, and names what is wrong with the others', () => {
  const added: unknown[] = []
  const silences = { add: (silence: object) => (added.push(silence), { ...silence, id: 's1' }) }
  // Only what a silence touches of control: its clock and where silences are kept.
  const control = { clock: { now: () => 0 }, alerts: { silences } } as unknown as Control
  const silenceBy = (value: string): unknown =>
    alertsHandlers(control)['alerts.silence']({
      matchers: [{ label: 'instance', op: '=~', value }],
      forMs: 1_000,
      reason: 'known',
      by: 'anna',
    })
  for (const fine of ['web-.*', '(a+)+', 'High.*|Low.*']) silenceBy(fine)
  assert.equal(added.length, 3)
  for (const [wrong, because] of [
    ['(?=a)b', /of groups that begin with \(\? only \(\?: is taken/],
    ['a)|(b', /a \) without its \(/],
    ['(a{100}){100}', /too large/],
    ['a'.repeat(201), /200 characters/],
  ] as const)
    assert.throws(() => silenceBy(wrong), { code: 'alerts.wrong-input', message: because })
  assert.equal(added.length, 3)
})
