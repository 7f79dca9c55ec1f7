import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Json } from '../../config/plain.ts'
import { refusalLines } from '../objective.ts'
import { appWith } from '../testing.ts'
import { NO_FACTS, type Facts } from './facts.ts'
import { judge } from './judge.ts'
import { infeasible } from './refusal.ts'
import { assertWaysOut } from './testing.ts'

const design = {
  trade: {
    on: { service: 'api', route: 'POST /api/trades' },
    availability: '99.9%',
    latency: { p95: '200ms' },
    errors: '0.1%',
    throughput: '300/s',
    without: { cache: { p95: '400ms' } },
  },
  data: { on: 'db', rpo: '6h', rto: '15min', keep: '30d' },
  operate: { on: 'operate', detect: '1min', rollback: '10s', deploy: { failed: 0 } },
}
const plan = { backups: { db: { every: '6h', to: ['file:backups'], verify: 'each' } } }

void test("the design's own app can keep its promises, as far as is known", () => {
  const { refusals, unknown } = judge(appWith(design, plan), NO_FACTS)
  assert.deepEqual(refusals, [])
  assert.deepEqual(
    unknown.map(({ objective, reason }) => `${objective} ${reason}`),
    [
      'trade/availability pool-connections',
      'trade/throughput capacity',
      'data/rpo backup-rhythm',
      'data/rto restore-time',
    ],
  )
})

void test('a release from before promises were known owes nothing', () => {
  const { promises: _promises, backups: _backups, ...app } = appWith(design, plan)
  assert.deepEqual(judge(app, NO_FACTS), { refusals: [], unknown: [] })
})

void test('a refusal reads as arithmetic and ways out', () => {
  const { refusals } = judge(appWith({ ...design, operate: { on: 'operate', detect: '30s' } }, plan), NO_FACTS)
  assert.deepEqual(refusals.map(infeasible).map(refusalLines), [
    [
      'operate/detection: detection-window',
      '  an instance that ended: 3 missed collections × 10 s + evaluation 10 s + group wait 5 s + delivery 5 s = 50 s',
      '  promised 30 s < 50 s',
      "  or: promise detect: '50s' in operate",
    ],
  ])
})

/** Mulberry32: the same apps in every run. */
function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

void test('whatever is refused has a way out that passes: 200 seeded apps', () => {
  const random = seeded(5)
  const one = <T>(...of: readonly T[]): T => of[Math.floor(random() * of.length)]!
  const maybe = (key: string, ...of: readonly Json[]) => (random() < 0.6 ? { [key]: one(...of) } : {})
  const reasons = new Map<string, number>()
  for (let round = 0; round < 200; round++) {
    const promises = {
      trade: {
        on: { service: 'api' },
        ...maybe('over', '1h', '1d', '45h', '7d', '28d', '90d', '365d'),
        ...maybe('availability', '0%', '50%', '80%', '93.05%', '99.9%', '99.99%', '99.9999%', '100%'),
        ...maybe('errors', '0%', '0.0001%', '0.1%', '5%', '60%', '100%'),
        ...maybe('latency', { p50: '10ms' }, { p95: '200ms' }, { p99: '1s' }),
        ...maybe('throughput', '1/30d', '1/7h', '3/h', '300/s', '9999/s'),
        ...maybe('without', { cache: { p95: '50ms', errors: '0.01%' } }),
      },
      data: {
        on: 'db',
        ...maybe('rpo', '1s', '10min', '6h'),
        ...maybe('rto', '1s', '15min'),
        ...maybe('keep', '1d', '90d'),
      },
      operate: { on: 'operate', ...maybe('detect', '1s', '50s', '1min', '10min'), ...maybe('rollback', '1s', '10min') },
    }
    const facts: Facts = {
      ...NO_FACTS,
      capacity: one<Facts['capacity']>({}, { api: { perSecond: 61.7, at: '2026-11-20T00:00:00Z' } }),
      connectionsMax: one<Facts['connectionsMax']>({}, { db: 3 }, { db: 97 }),
      restore: one<Facts['restore']>({}, { db: { bytesPerSecond: 7_340_033, at: '2026-11-20T00:00:00Z' } }),
      backupMs: one<Facts['backupMs']>({}, { db: 90_001 }),
      hosts: one(null, 1, 3),
    }
    const backups = one<Json>(
      {},
      { db: { to: ['file:b'] } },
      { db: { every: '30 2 * * mon', to: ['file:b'], keep: '7d' } },
    )
    const app = appWith(promises, { backups })
    // Every check at once, so that a way out may not lead from one objective's refusal into the same one.
    for (const refusal of judge(app, facts).refusals) {
      reasons.set(refusal.reason, (reasons.get(refusal.reason) ?? 0) + 1)
      assertWaysOut((...situation) => judge(...situation).refusals, refusal, { app, facts })
    }
  }
  assert.deepEqual([...reasons.keys()].toSorted(), [
    'alert-sense',
    'backup-keep',
    'backup-rhythm',
    'bad-deploy',
    'budget-below-one',
    'capacity',
    'dependency-ceiling',
    'detection-noise',
    'detection-window',
    'no-backup',
    'pool-connections',
    'restore-time',
    'single-point',
    'traffic-too-slow',
    'traffic-too-small',
    'without-stricter',
  ])
})
