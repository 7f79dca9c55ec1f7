import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Problem } from '../core/problem.ts'
import { promql } from './expression.ts'
import { userRules } from './user-rules.ts'

const rule = (when: string) => ({ when, forMs: 60_000, severity: 'P2', runbook: null }) as const
const appOf = (rules: Readonly<Record<string, ReturnType<typeof rule>>>) => ({
  alerts: { channels: {}, pager: null, heartbeat: null, routes: [], maintenance: [], rules },
})

void test('a rule of the config is an alert with the name of a label in words', () => {
  const [own] = userRules(appOf({ 'disk-2-slow': rule('rate(disk_wait_seconds_total[5m]) > 0.5') }))
  assert.deepEqual([own!.name, own!.severity, own!.forMs], ['Disk2Slow', 'P2', 60_000])
  assert.equal(promql(own!.expression), 'rate(disk_wait_seconds_total[5m]) > 0.5')
})

void test('what cannot be read is refused with its place, all of it at once', () => {
  const refuse = (): unknown =>
    userRules(appOf({ one: rule('disk > '), two: rule('up > 1'), three: rule('stddev(x)') }))
  assert.throws(refuse, (error) => {
    assert.ok(error instanceof Problem)
    assert.equal(error.code, 'config.alert-rule')
    assert.deepEqual(
      error.details.map((line) => line.split('.when: ')[0]),
      ['alerts.rules.one', 'alerts.rules.three'],
    )
    return true
  })
})
