import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SCRAPE_MS } from '../../../core/series/series.ts'
import { BAD_EVENTS_ABOVE } from '../../../promises/burn-rate.ts'
import type { Expression } from '../../../promises/expression.ts'
import { promiseRules } from '../../../promises/promise-rules.ts'
import { appWith } from '../../../promises/testing.ts'
import { MemoryStore } from '../../series/memory-store.ts'

const HOUR_MS = 3_600_000
const ABOVE = Number(BAD_EVENTS_ABOVE)
const rules = promiseRules(appWith({ trade: { on: { service: 'api' }, availability: '99.9%' } }))

/** An hour of `all` requests, of which those at these instants before its end fail. */
async function firing(all: number, failedBeforeMs: readonly number[]): Promise<readonly string[]> {
  const store = new MemoryStore()
  const labels = { watch: 'trade', service: 'api' }
  for (let beforeMs = HOUR_MS + 60_000; beforeMs >= 0; beforeMs -= SCRAPE_MS) {
    const atMs = 10 * HOUR_MS - beforeMs
    const good = Math.floor(all * Math.min(1, (HOUR_MS - Math.min(beforeMs, HOUR_MS)) / HOUR_MS))
    const failed = failedBeforeMs.filter((each) => each >= beforeMs).length
    const metric = 'seaworthy_watched_requests_total'
    store.append([{ metric, labels: { ...labels, status: '2xx' }, atMs, value: good }])
    store.append([{ metric, labels: { ...labels, status: '5xx' }, atMs, value: failed }])
  }
  const held = await Promise.all(
    rules.map(async ({ name, expression }) =>
      (await store.instant(expression, 10 * HOUR_MS)).length > 0 ? [name] : [],
    ),
  )
  return held.flat()
}

void test('one failure among 20 to 69 requests of an hour pages nobody, and the second one does', async () => {
  for (const all of [20, 40, 69]) {
    assert.deepEqual(await firing(all, [120_000]), [], `1 of ${all}`)
    const two = await firing(all, [1_800_000, 120_000])
    assert.ok(two.includes('TradeAvailabilityBurn1h'), `2 of ${all}: ${two.join()}`)
  }
  assert.deepEqual(await firing(10, [120_000, 60_000]), [], '2 of 12 say nothing')
})

void test('wherever six samples or more lie in a window, one event stays below the bound and two above it', async () => {
  let tried = 0
  for (const count of [6, 7, 30]) {
    for (const gap of [0, 1, 2]) {
      // The samples lie at the end of the window, or leave a gap there.
      for (let at = 1; at < count; at++) {
        for (const events of [1, 2]) {
          const store = new MemoryStore()
          for (let n = 0; n < count; n++) {
            const atMs = 1_000_000 - (gap + count - 1 - n) * SCRAPE_MS
            store.append([{ metric: 'bad_total', labels: {}, atMs, value: 100 + (n >= at ? events : 0) }])
          }
          for (const moreMs of [1_000, 9_000, 15_000]) {
            const windowMs = (gap + count - 1) * SCRAPE_MS + moreMs
            const increase: Expression = { kind: 'over', call: 'increase', of: SELECTOR, windowMs }
            const [held] = await store.instant(increase, 1_000_000)
            assert.equal(held!.value > ABOVE, events === 2, `${events} of ${count} samples: ${held!.value}`)
            tried++
          }
        }
      }
    }
  }
  assert.ok(tried > 500, String(tried))
})

const SELECTOR = { kind: 'selector', metric: 'bad_total', matchers: [] } as const
