import { normalPath } from '../core/normal-path.ts'
import { routeMatcher, type RouteMatcher } from '../core/route-match.ts'
import { STATUS_CLASSES, type StatusClass, type WatchedCell } from './admin/protocol.ts'
import type { WatchedRequests } from './table.ts'

export interface WatchedBook {
  /** What is watched from now on. What was watched before, under the same name and with the same bounds, is counted on. */
  apply(watched: readonly WatchedRequests[]): void
  /** @param latencyMs null for what has no latency */
  count(request: WatchedHead, service: string, status: StatusClass, latencyMs: number | null): void
  /** Everything since a watch was first applied. */
  snapshot(): readonly WatchedCell[]
}

/** What a watch can ask of a request. */
export interface WatchedHead {
  readonly host: string
  readonly method: string
  readonly path: string
}

interface Cell {
  readonly key: string
  readonly watched: WatchedRequests
  /** Null: all of the service. */
  readonly matcher: RouteMatcher<WatchedRequests['match'] & object> | null
  readonly statuses: number[]
  readonly buckets: number[]
  sumMs: number
}

/** Counts apart what promises and rules are about: nothing is made for a request, and one that nobody watches costs a look. */
export function createWatchedBook(): WatchedBook {
  let cells: readonly Cell[] = []
  let byService = new Map<string, Cell[]>()
  return {
    apply(watched) {
      const known = new Map(cells.map((cell) => [cell.key, cell]))
      cells = watched.map((one) => known.get(JSON.stringify(one)) ?? newCell(one))
      byService = Map.groupBy(cells, (cell) => cell.watched.service)
    },
    count(request, service, status, latencyMs) {
      const own = byService.size === 0 ? undefined : byService.get(service)
      if (own === undefined) return
      const at = STATUS_CLASSES.indexOf(status)
      let normal: string | null = null
      for (let index = 0; index < own.length; index++) {
        const cell = own[index]!
        if (cell.matcher !== null) {
          normal ??= normalPath(request.path)
          if (cell.matcher.find(request.host, request.method, normal) === null) continue
        }
        cell.statuses[at]! += 1
        // Who left before any answer came has seen none, of whatever speed.
        if (latencyMs === null || status === 'unanswered') continue
        cell.buckets[bucketWithin(cell.watched.boundsMs, latencyMs)]! += 1
        cell.sumMs += latencyMs
      }
    },
    snapshot: () =>
      cells.map(({ watched, statuses, buckets, sumMs }) => ({
        watch: watched.id,
        service: watched.service,
        boundsMs: watched.boundsMs,
        statuses: [...statuses],
        buckets: [...buckets],
        sumMs,
      })),
  }
}

/** The sum of the same watches with the same bounds; of others each stands for itself. */
export function addWatched(
  all: readonly WatchedCell[] | undefined,
  more: readonly WatchedCell[] | undefined,
): readonly WatchedCell[] | undefined {
  if (all === undefined || more === undefined) return all ?? more
  const sums = new Map(all.map((cell) => [nameOf(cell), cell]))
  for (const cell of more) {
    const sum = sums.get(nameOf(cell))
    sums.set(nameOf(cell), sum === undefined ? cell : added(sum, cell))
  }
  return [...sums.values()]
}

function added(one: WatchedCell, other: WatchedCell): WatchedCell {
  const sums = (left: readonly number[], right: readonly number[]) => left.map((count, at) => count + right[at]!)
  return {
    ...one,
    statuses: sums(one.statuses, other.statuses),
    buckets: sums(one.buckets, other.buckets),
    sumMs: one.sumMs + other.sumMs,
  }
}

function newCell(watched: WatchedRequests): Cell {
  return {
    key: JSON.stringify(watched),
    watched,
    matcher: watched.match === null ? null : routeMatcher([watched.match]),
    statuses: STATUS_CLASSES.map(() => 0),
    buckets: Array.from({ length: watched.boundsMs.length + 1 }, () => 0),
    sumMs: 0,
  }
}

/** What takes exactly as long as a bound is within it. */
function bucketWithin(boundsMs: readonly number[], ms: number): number {
  let index = 0
  while (index < boundsMs.length && ms > boundsMs[index]!) index += 1
  return index
}

function nameOf({ watch, service, boundsMs }: WatchedCell): string {
  return `${watch}\n${service}\n${boundsMs.join(' ')}`
}
