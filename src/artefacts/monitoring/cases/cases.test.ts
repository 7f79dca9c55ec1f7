import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkConfig, loadConfig, resolveEnvironment } from '../../../config/index.ts'
import type { AlertRule } from '../../../promises/alert-rule.ts'
import { noDataRule } from '../../../promises/no-data-rule.ts'
import { allRules } from '../../../promises/rules.ts'
import { casesOf, type Case } from './cases.ts'

const fixture = new URL('../../../../test/fixtures/monitoring/maximal', import.meta.url).pathname
const { raw, file } = await loadConfig(fixture)
const { alerts } = allRules(resolveEnvironment(checkConfig(raw, file), 'local'))

function mustHaveCases(rule: AlertRule): readonly Case[] {
  const cases = casesOf(rule)
  if (typeof cases === 'string') throw new Error(`${rule.name}: ${cases}`)
  return cases
}

void test('every alert has series with which it fires, with which it does not, and without which nobody knows', () => {
  assert.ok(alerts.length > 60)
  for (const rule of alerts) {
    const checks = mustHaveCases(rule).flatMap((each) => each.checks)
    const own = checks.filter(({ alert }) => alert === rule.name)
    assert.ok(
      own.some(({ firing }) => firing.length > 0),
      `${rule.name} fires nowhere`,
    )
    assert.ok(own.filter(({ firing }) => firing.length === 0).length >= 3, `${rule.name} is hardly ever silent`)
    const missing = checks.filter(({ alert, firing }) => alert !== rule.name && firing.length > 0)
    assert.equal(missing.length > 0, noDataRule(rule) !== null, `${rule.name}: missing data`)
  }
})

void test('the sides of a threshold are within two hundredths of it', () => {
  const rule = alerts.find(({ name }) => name === 'HostMemoryHigh')!
  const used = mustHaveCases(rule)
    .filter(({ name }) => name.includes('just'))
    .map(({ tracks }) => {
      const level = (metric: string): number => tracks.find((track) => track.metric === metric)!.phases[0]!.level
      return 1 - level('seaworthy_host_memory_available_bytes') / level('seaworthy_host_memory_bytes')
    })
  assert.equal(used.length, 2)
  for (const share of used) assert.ok(share > 0.83 && share < 0.87 && share !== 0.85, String(share))
})

void test('the same cases on every run', () => {
  const rule = alerts.find(({ name }) => name === 'HighErrorRatio')!
  assert.deepEqual(casesOf(rule), casesOf(rule))
})

void test('what cannot be computed has no cases, and says why', () => {
  const rule: AlertRule = {
    ...alerts[0]!,
    expression: {
      kind: 'binary',
      op: '>',
      on: null,
      left: { kind: 'number', digits: '1' },
      right: { kind: 'number', digits: '2' },
    },
  }
  assert.equal(casesOf(rule), 'no series were found with which it fires')
})
