import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { systemClock } from '../core/clock.ts'
import type { Release } from '../deploy/release.ts'
import type { Counters } from '../gateway/admin/protocol.ts'
import { NO_COUNTERS } from '../gateway/counters.ts'
import { NO_PAUSE_COUNTS } from '../gateway/pause-counts.ts'
import type { RoutingTable } from '../gateway/table.ts'
import { PAGE_BYTES_MAX, Pauses } from './pause.ts'
import { pauseFor, type PauseRecord } from './pause-record.ts'
import { State } from './state.ts'
import { Traffic } from './traffic.ts'

const HOLD = { kind: 'hold', services: null, waitMs: null, page: null } as const
const timeouts = { connectMs: 1, firstByteMs: 1, requestMs: 1, idleMs: 1, websocketIdleMs: 1 }
const config = { queue: 10, bytesMax: 1000, waitMs: 30_000 }
const releaseOf = (id: string, sequence: number): Release =>
  ({
    id,
    sequence,
    artifacts: { web: 'a' },
    config: {
      services: { web: { run: { kind: 'static', folder: 'public' }, routes: [{ host: null, path: '/' }] } },
      gateway: {
        routes: [],
        timeouts,
        bodyBytesMax: 1,
        trustedProxies: [],
        accessLog: false,
        workers: 3,
        pause: config,
      },
    },
  }) as unknown as Release

function make(t: TestContext, apply: (table: RoutingTable) => Promise<void> = async () => {}) {
  const folder = mkdtempSync(join(tmpdir(), 'seaworthy-pause-'))
  const state = new State(join(folder, 'state.db'))
  t.after(() => {
    state.close()
    rmSync(folder, { recursive: true, force: true })
  })
  const applied: RoutingTable[] = []
  const traffic = new Traffic({
    folder,
    state,
    clock: systemClock,
    instances: { instances: () => [] },
    fleet: {
      apply: async (table) => {
        await apply(table)
        applied.push(table)
        return { version: table.version, firstAckNs: 0, lastAckNs: 1, workers: 3, silent: [] }
      },
    },
  })
  let counters: Counters = NO_COUNTERS
  const fleet = { counters: () => counters, report: () => Promise.resolve(counters) }
  const pauses = new Pauses({ state, traffic, fleet, clock: systemClock })
  for (const [index, id] of ['1-x', '2-x'].entries()) state.saveRelease(releaseOf(id, index + 1))
  const count = (pause: Partial<typeof NO_PAUSE_COUNTS>): void =>
    void (counters = { ...NO_COUNTERS, pause: { ...NO_PAUSE_COUNTS, ...pause } })
  return { pauses, traffic, state, applied, count }
}

test('a worker gets its part of what the config allows, and one place at least where any may wait', () => {
  const record = { ...HOLD, since: 0, by: 'a@b', before: NO_PAUSE_COUNTS }
  assert.deepEqual(pauseFor(record, { pause: config }, 3), { ...HOLD, queue: 3, bytesMax: 333, waitMs: 30_000 })
  assert.equal(pauseFor(record, { pause: { ...config, queue: 1 } }, 3).queue, 1)
  assert.equal(pauseFor(record, { pause: { ...config, queue: 0 } }, 3).queue, 0)
  assert.equal(pauseFor({ ...record, waitMs: 5 }, { pause: config }, 3).waitMs, 5)
  // A table with no time at all is refused.
  assert.equal(pauseFor(record, { pause: { ...config, waitMs: 0 } }, 3).waitMs, 1)
})

test('a pause is in the table until it ends, says since when and by whom, and counts from its own beginning', async (t) => {
  const { pauses, traffic, state, applied, count } = make(t)
  await traffic.switchTo(releaseOf('1-x', 1), 1)
  state.set('live', '1-x')
  count({ overflowed: 7 })
  const begun = await pauses.begin(HOLD, 'ann@host')
  assert.deepEqual(applied.at(-1)?.pause, { ...HOLD, queue: 3, bytesMax: 333, waitMs: 30_000 })
  count({ overflowed: 9, held: 4, lost: 1 })
  const status = pauses.status()!
  assert.deepEqual([status.by, status.counts], ['ann@host', { ...NO_PAUSE_COUNTS, overflowed: 2, held: 4, lost: 1 }])

  const changed = await pauses.begin({ ...HOLD, kind: 'maintenance', page: '<p>' }, 'bob@host')
  assert.deepEqual([changed.since, changed.by, changed.hasPage], [begun.since, 'bob@host', true])
  assert.equal(applied.at(-1)?.pause?.page, '<p>')

  const ended = await pauses.end('bob@host')
  assert.equal(ended?.counts.overflowed, 2)
  assert.equal(applied.at(-1)?.pause, null)
  assert.deepEqual([pauses.status(), await pauses.end('bob@host')], [null, null])
})

test('a pause in the middle of a switch does not take the switch back', async (t) => {
  const acknowledged = Promise.withResolvers<void>()
  const { pauses, traffic, state, applied } = make(t, (table) =>
    table.version === 2 ? acknowledged.promise : Promise.resolve(),
  )
  await traffic.switchTo(releaseOf('1-x', 1), 1)
  state.set('live', '1-x')
  // What a rollout does: state learns of the new release only when every worker has acknowledged.
  const switched = traffic.switchTo(releaseOf('2-x', 2), 2)
  const paused = pauses.begin(HOLD, 'ann@host')
  acknowledged.resolve()
  await Promise.all([switched, paused])
  assert.deepEqual(
    applied.map(({ release, token, pause }) => [release, token, pause?.kind ?? null]),
    [
      ['1-x', 1, null],
      ['2-x', 2, null],
      ['2-x', 2, 'hold'],
    ],
  )
})

test('a pause that the workers refuse is none; before the first release it waits for it', async (t) => {
  const { pauses, traffic, state, applied } = make(t, (table) =>
    table.version === 2 ? Promise.reject(new Error('refused')) : Promise.resolve(),
  )
  await pauses.begin(HOLD, 'ann@host')
  assert.equal(applied.length, 0)
  await traffic.switchTo(releaseOf('1-x', 1), 1)
  state.set('live', '1-x')
  assert.equal(applied[0]?.pause?.kind, 'hold')
  await assert.rejects(pauses.begin({ ...HOLD, kind: 'maintenance' }, 'ann@host'), /refused/)
  assert.equal(pauses.status()?.kind, 'hold')
})

test('a record of a pause that is none is dropped and said, and traffic goes on', async (t) => {
  const { pauses, traffic, state, applied } = make(t)
  const whole = { ...HOLD, since: 1, by: 'ann@host', before: NO_PAUSE_COUNTS }
  const { held: _, ...counts } = NO_PAUSE_COUNTS
  const spoilt = [{ kind: 'hold' }, 'hold', { ...whole, services: 'web' }, { ...whole, before: counts }]
  for (const [index, record] of spoilt.entries()) {
    state.set('pause', record as unknown as PauseRecord)
    await traffic.switchTo(releaseOf('1-x', 1), 1)
    assert.equal(applied.at(-1)!.pause, null)
    assert.deepEqual([pauses.status(), await pauses.end('ann@host')], [null, null])
    const dropped = state.events(0, 100).filter(({ kind }) => kind === 'pause-dropped')
    assert.equal(dropped.length, index + 1, JSON.stringify(record))
  }
  state.set('pause', whole)
  assert.equal(pauses.status()?.by, 'ann@host')
})

test('an unknown service and a page that is too large are refused, and nothing is paused', async (t) => {
  const { pauses, state } = make(t)
  state.set('live', '1-x')
  await assert.rejects(pauses.begin({ ...HOLD, services: ['web', 'wbe'] }, 'ann@host'), { code: 'service.unknown' })
  const page = 'x'.repeat(PAGE_BYTES_MAX + 1)
  await assert.rejects(pauses.begin({ ...HOLD, kind: 'maintenance', page }, 'ann@host'), {
    code: 'pause.page-too-large',
  })
  assert.equal(pauses.status(), null)
})
