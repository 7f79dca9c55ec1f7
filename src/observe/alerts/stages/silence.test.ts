import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Matcher } from '../../../core/series/labels.ts'
import { instanceRules } from '../../../promises/built-in/instances.ts'
import type { Firing } from './context.ts'
import { silence } from './silence.ts'

const rule = instanceRules(['api'])[0]!
const times = { activeAtMs: 0, firedAtMs: 0, resolvedAtMs: null }

function verdictOf(matchers: readonly Matcher[], labels: Readonly<Record<string, string>>): string {
  const alert = { rule: rule.name, labels, state: 'firing', ...times, value: 0 } as const
  const firing: Firing = { key: 'k', alert, rule }
  const own = { id: 's1', matchers, by: 'anna', reason: 'known', fromMs: 0, toMs: 10 }
  const context = { nowMs: 5, ended: [], rules: new Map(), silences: [own], maintenance: [] }
  return silence([firing], context).get('k')!.kind
}

void test('a pattern has to match the whole value, and one that takes the engine for ever is answered all the same', () => {
  const matching = (value: string): readonly Matcher[] => [{ label: 'instance', op: '=~', value }]
  assert.equal(verdictOf(matching('web-.*'), { instance: 'web-1' }), 'hold')
  assert.equal(verdictOf(matching('web'), { instance: 'web-1' }), 'pass')
  assert.equal(verdictOf(matching('(a+)+'), { instance: `${'a'.repeat(2_000)}!` }), 'pass')
  assert.equal(verdictOf(matching('(a+)+'), { instance: 'a'.repeat(2_000) }), 'hold')
})

void test('what this version cannot read mutes nothing, and keeps nothing from being told', () => {
  assert.equal(verdictOf([{ label: 'instance', op: '=~', value: '(?=web).*' }], { instance: 'web-1' }), 'pass')
})
