import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AlertRule } from '../../promises/alert-rule.ts'
import { parseExpression } from '../../promises/expression/parse.ts'
import { knownCasesOf } from './rule-tests.ts'

void test('the cases of a rule are found once, whoever asks, and another rule has its own', () => {
  const ruleOf = (when: string): AlertRule => ({
    name: 'X',
    expression: parseExpression(when),
    forMs: 0,
    category: 'business',
    severity: 'P2',
    summary: 'x',
    runbook: 'x',
    labels: {},
    noData: null,
    inhibits: [],
    origin: { kind: 'user' },
  })
  const cases = knownCasesOf(ruleOf('seaworthy_host_load > 3'))
  assert.ok(Array.isArray(cases), JSON.stringify(cases))
  assert.equal(knownCasesOf(ruleOf('seaworthy_host_load > 3')), cases)
  assert.notDeepEqual(knownCasesOf(ruleOf('seaworthy_host_load > 5')), cases)
})
