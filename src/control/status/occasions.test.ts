import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Problem } from '../../core/problem.ts'
import { MemoryStore } from '../../observe/series/memory-store.ts'
import { appWith } from '../../promises/testing.ts'
import { lookAtOccasions } from './occasions.ts'

const app = appWith({
  trade: { on: { service: 'api' }, availability: '99%', latency: { p95: '200ms' }, throughput: '10/s' },
  data: { on: 'db', rto: '1min' },
  operate: { on: 'operate', rollback: '10s' },
})
const NOW = 1_800_000_000_000
const HOUR_MS = 3_600_000

/** Three hours: two quiet ones, and between them one of 20 requests per second, of which `failed` fail; the need is away for 40 s. */
function storeWith(failed: number): MemoryStore {
  const store = new MemoryStore()
  const counts = { ok: 0, bad: 0 }
  for (let atMs = NOW - 3 * HOUR_MS; atMs <= NOW; atMs += 10_000) {
    const isRush = atMs > NOW - 2 * HOUR_MS && atMs <= NOW - HOUR_MS
    counts.ok += isRush ? (20 - failed) * 10 : 10
    counts.bad += isRush ? failed * 10 : 0
    const labels = { watch: 'trade', service: 'api' }
    const all = counts.ok + counts.bad
    const away = atMs > NOW - HOUR_MS && atMs <= NOW - HOUR_MS + 40_000
    store.append([
      { metric: 'seaworthy_watched_requests_total', labels: { ...labels, status: '2xx' }, atMs, value: counts.ok },
      ...(failed > 0
        ? [
            {
              metric: 'seaworthy_watched_requests_total',
              labels: { ...labels, status: '5xx' },
              atMs,
              value: counts.bad,
            },
          ]
        : []),
      { metric: 'seaworthy_watched_duration_seconds_count', labels, atMs, value: all },
      { metric: 'seaworthy_watched_duration_seconds_bucket', labels: { ...labels, le: '0.2' }, atMs, value: all },
      { metric: 'seaworthy_need_up', labels: { need: 'db', kind: 'postgres' }, atMs, value: away ? 0 : 1 },
    ])
  }
  return store
}

const look = async (query: Parameters<typeof lookAtOccasions>[0], ways: Parameters<typeof lookAtOccasions>[3] = []) =>
  lookAtOccasions(query, app, NOW, ways)

void test('a rush of an hour shows the rate, an outage the recovery, a way back the rollback', async () => {
  const { stood, because } = await look(storeWith(0), [{ deploy: 'd2', tookMs: 1_500 }])
  assert.equal(because, null)
  assert.deepEqual(stood, {
    'trade/throughput': {
      standing: 'met',
      spending: null,
      shownBy:
        '20/s in the busiest 5 min of the last 24 h; at 10/s and more trade/availability: 0 % bad of 1 %, trade/latency-0.95: 0 % bad of 5 %',
    },
    'data/rto': {
      standing: 'met',
      spending: null,
      shownBy: 'away once in the last 24 h, 40 s at the longest (by probes every 10 s)',
    },
    'operate/rollback': { standing: 'met', spending: null, shownBy: '1 way back, 1.5 s at the longest (d2)' },
  })
})

void test('failures at the promised rate break it', async () => {
  const { stood } = await look(storeWith(1))
  assert.equal(stood['trade/throughput']!.standing, 'broken')
  assert.match(stood['trade/throughput']!.shownBy!, /trade\/availability: 5 % bad of 1 %/)
})

void test('without a sample nothing is met, and what refuses to answer is told', async () => {
  const { stood } = await look(new MemoryStore())
  assert.deepEqual(
    Object.values(stood).map(({ standing }) => standing),
    [null, null, null],
  )
  const refuse = () => Promise.reject(new Problem('series.unreachable', 'the Prometheus does not answer'))
  const refused = await look({ range: refuse, raw: refuse })
  assert.equal(refused.because, 'the Prometheus does not answer')
  assert.equal(refused.stood['trade/throughput']!.standing, null)
  await assert.rejects(look({ range: () => Promise.reject(new TypeError('bug')), raw: refuse }), TypeError)
})
