import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseExpression } from './parse.ts'
import { reachMs } from './reach.ts'

const MINUTE_MS = 60_000

void test('an expression speaks of its longest window, a conjunction of its shorter side', () => {
  const reach = (text: string): number => reachMs(parseExpression(text)) / MINUTE_MS
  assert.equal(reach('up == 0'), 0)
  assert.equal(reach('sum by (service) (rate(failed_total[2m])) / sum by (service) (rate(all_total[5m])) > 0.1'), 5)
  assert.equal(reach('increase(failed_total[1h]) > 3 and increase(failed_total[5m]) > 1'), 5)
  assert.equal(reach('increase(failed_total[2m] offset 7d) > 3'), 2)
})
