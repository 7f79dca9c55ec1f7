import assert from 'node:assert/strict'
import { mkdtempDisposableSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { SCRAPE_MS } from '../../../core/series/series.ts'
import { requestRules } from '../../../promises/built-in/requests.ts'
import { SeriesStore } from '../../series/store/store.ts'

const MINUTE_MS = 60_000
const DAY_MS = 24 * 60 * MINUTE_MS
/** A day begins here. */
const START_MS = 20_000 * DAY_MS
const END_MS = START_MS + 8 * DAY_MS
const LABELS = { watch: 'service/shop', service: 'shop', status: '2xx' }

void test('few requests are noticed with a week as it is kept, folded to five minutes', () => {
  const rule = requestRules().find(({ name }) => name === 'FewRequests')!
  /** Ten in every collection for eight days, and `last` in those of the last 40 min. */
  const holds = (last: number): boolean => {
    using folder = mkdtempDisposableSync(join(tmpdir(), 'seaworthy-week-ago-'))
    const store = new SeriesStore({ path: join(folder.path, 'series.db') })
    try {
      const entry = store.entryOf('seaworthy_watched_requests_total', LABELS)
      let [value, beats] = [0, 0]
      for (let atMs = START_MS; atMs <= END_MS; atMs += SCRAPE_MS) {
        store.take(entry, atMs, (value += atMs > END_MS - 40 * MINUTE_MS ? last : 10))
        // Hours are folded as they end.
        if (++beats % 60 === 0) store.commit()
      }
      store.commit()
      return store.instant(rule.expression, END_MS).length > 0
    } finally {
      store.close()
    }
  }
  assert.deepEqual([holds(0), holds(0.9)], [true, true], 'less than a tenth')
  assert.deepEqual([holds(1.2), holds(10)], [false, false], 'more than that')
})
