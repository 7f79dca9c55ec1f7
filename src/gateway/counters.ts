import { bucketOf, LATENCY_BOUNDS_MS } from '../core/histogram.ts'
import type { CounterCell, Counters, StatusClass } from './admin/protocol.ts'
import { addPauseCounts, isAnyPaused } from './pause-counts.ts'
import { addTlsCounts } from './tls-counts.ts'
import { addRefusals, type Refusal } from './refusal-counts.ts'
import type { TlsCounts } from './tls-counts.ts'
import { addWatched } from './watched.ts'
import type { PauseCounts } from './waiting-room.ts'

/** Cells one worker keeps; beyond, the oldest are dropped. 64 releases of 8 services with 4 classes. */
export const CELLS_MAX = 2048

export interface Observation {
  readonly service: string
  readonly release: string
  readonly status: StatusClass
  /** Null for what has no latency. */
  readonly latencyMs: number | null
  readonly retried: number
  /** Its client asked for this release by header. @default false */
  readonly addressed?: boolean
}

export interface CounterBook {
  count(observation: Observation): void
  countUnrouted(): void
  countRefusal(of: Refusal, service: string): void
  /** Everything since the start. */
  snapshot(now: {
    readonly connections: number
    readonly requests: number
    readonly pause?: PauseCounts
    readonly tls?: TlsCounts | undefined
    readonly watched?: NonNullable<Counters['watched']>
    readonly down?: readonly string[]
  }): Counters
}

export function createCounterBook(): CounterBook {
  const cells = new Map<string, MutableCell>()
  let unrouted = 0
  const refused: Record<Refusal, Record<string, number>> = { limited: {}, failedLogins: {} }
  let isRefused = false
  /** The cell counted on last: for most requests no key has to be built. */
  let last: MutableCell | null = null
  return {
    count({ service, release, status, latencyMs, retried, addressed = false }) {
      let cell = last
      if (cell === null || !isCellOf(cell, { service, release, status }) || (cell.addressed ?? false) !== addressed) {
        cell = last = cellFor({ service, release, status, ...(addressed ? { addressed } : {}) })
      }
      cell.count += 1
      cell.retried += retried
      if (latencyMs === null) return
      cell.buckets[bucketOf(latencyMs)]! += 1
      cell.sumMs += latencyMs
    },
    countUnrouted: () => void (unrouted += 1),
    countRefusal(of, service) {
      refused[of][service] = (refused[of][service] ?? 0) + 1
      isRefused = true
    },
    snapshot: ({ connections, requests, pause, tls, watched = [], down = [] }) => ({
      cells: [...cells.values()].map((cell) => ({ ...cell, buckets: [...cell.buckets] })),
      unrouted,
      openConnections: connections,
      openRequests: requests,
      ...(pause !== undefined && isAnyPaused(pause) ? { pause } : {}),
      ...(tls === undefined ? {} : { tls: { ...tls } }),
      ...(watched.length === 0 ? {} : { watched }),
      ...(down.length === 0 ? {} : { down }),
      ...(isRefused ? { refused: { limited: { ...refused.limited }, failedLogins: { ...refused.failedLogins } } } : {}),
    }),
  }
  function cellFor(name: CellName): MutableCell {
    const key = keyOf(name)
    let cell = cells.get(key)
    if (cell === undefined) {
      if (cells.size >= CELLS_MAX) cells.delete(cells.keys().next().value!)
      cell = emptyCell(name)
      cells.set(key, cell)
    }
    return cell
  }
}

export const NO_COUNTERS: Counters = { cells: [], unrouted: 0, openConnections: 0, openRequests: 0 }

/** The sum, cell by cell. */
export function addCounters(all: Iterable<Counters>): Counters {
  const cells = new Map<string, MutableCell>()
  let unrouted = 0
  let openConnections = 0
  let openRequests = 0
  let pause: PauseCounts | undefined
  let tls: TlsCounts | undefined
  let watched: Counters['watched']
  let refused: Counters['refused']
  const down: string[] = []
  for (const counters of all) {
    unrouted += counters.unrouted
    openConnections += counters.openConnections
    openRequests += counters.openRequests
    pause = addPauseCounts(pause, counters.pause)
    tls = addTlsCounts(tls, counters.tls)
    watched = addWatched(watched, counters.watched)
    refused = addRefusals(refused, counters.refused)
    down.push(...(counters.down ?? []))
    for (const cell of counters.cells) {
      const key = keyOf(cell)
      const sum = cells.get(key) ?? emptyCell(cell)
      cells.set(key, sum)
      sum.count += cell.count
      sum.sumMs += cell.sumMs
      sum.retried += cell.retried
      for (const [index, count] of cell.buckets.entries()) sum.buckets[index] = (sum.buckets[index] ?? 0) + count
    }
  }
  const counted = { ...(pause ? { pause } : {}), ...(tls ? { tls } : {}), ...(watched ? { watched } : {}) }
  const parts = { ...counted, ...(down.length > 0 ? { down } : {}), ...(refused ? { refused } : {}) }
  return { cells: [...cells.values()], unrouted, openConnections, openRequests, ...parts }
}

type CellName = Pick<CounterCell, 'service' | 'release' | 'status' | 'addressed'>
type MutableCell = { -readonly [Key in keyof CounterCell]: CounterCell[Key] } & { buckets: number[] }

function keyOf({ service, release, status, addressed }: CellName): string {
  return `${service}\n${release}\n${status}${addressed ? '\naddressed' : ''}`
}

function emptyCell({ service, release, status, addressed }: CellName): MutableCell {
  const buckets = Array.from({ length: LATENCY_BOUNDS_MS.length + 1 }, () => 0)
  return { service, release, status, ...(addressed ? { addressed } : {}), count: 0, buckets, sumMs: 0, retried: 0 }
}

function isCellOf(cell: CellName, { service, release, status }: CellName): boolean {
  return cell.status === status && cell.service === service && cell.release === release
}
