import type { CounterCell, Counters } from '../gateway/admin/protocol.ts'
import { bucketOf, LATENCY_BOUNDS_MS, quantile } from '../core/histogram.ts'
import { UNANSWERED_MS, type Baseline, type Sample } from '../deploy/watch.ts'

/** How far back a baseline reaches, and how often the counters are noted for it. */
export const BASELINE_MS = 60_000
export const NOTE_EVERY_MS = 1_000

/** The gateway's counters of the last minute, so that a watch can compare with what was before its switch. */
export class CounterHistory {
  #notes: { readonly at: number; readonly counters: Counters }[] = []

  note(at: number, counters: Counters): void {
    if (at - (this.#notes.at(-1)?.at ?? -Infinity) < NOTE_EVERY_MS) return
    this.#notes.push({ at, counters })
    while (at - this.#notes[0]!.at > BASELINE_MS) this.#notes.shift()
  }

  /** What a release answered within the last minute. */
  baselineOf(release: string, now: Counters): Baseline {
    const then = this.#notes[0]
    const before = then ? sampleOf(release, then.counters, 0) : emptySample()
    const after = sampleOf(release, now, 0)
    const buckets = after.buckets.map((count, index) => count - before.buckets[index]!)
    return {
      answers: after.answers - before.answers,
      errors: after.errors - before.errors,
      p95Ms: quantile(buckets, 0.95),
    }
  }
}

/**
 * All that one release has answered since the workers began to count. A client that left is no error of the release, and
 * one that left without any answer got no good one either: it is counted apart.
 * `of`: only requests that asked for the release by header, as the witness of a trial does, or only the others. @default both
 */
export function sampleOf(release: string, counters: Counters, at: number, of?: 'addressed' | 'users'): Sample {
  const all = counters.cells.filter(
    (cell) =>
      cell.release === release &&
      cell.status !== '1xx' &&
      (of === undefined || (of === 'addressed') === (cell.addressed ?? false)),
  )
  const cells = all.filter(({ status }) => status !== 'unanswered')
  const unanswered = all
    .filter(({ status }) => status === 'unanswered')
    .flatMap(({ buckets }) => buckets.slice(bucketOf(UNANSWERED_MS) + 1))
    .reduce((total, count) => total + count, 0)
  const errors = cells.filter(({ status }) => status === '5xx' || status === 'aborted')
  return {
    at,
    answers: sum(cells),
    errors: sum(errors),
    buckets: emptySample().buckets.map((_, bucket) =>
      cells.reduce((total, cell) => total + (cell.buckets[bucket] ?? 0), 0),
    ),
    ...(unanswered === 0 ? {} : { unanswered }),
  }
}

/** WebSockets opened towards one release since the workers began to count. */
export function upgradesOf(release: string, counters: Counters): number {
  return sum(counters.cells.filter((cell) => cell.release === release && cell.status === '1xx'))
}

function emptySample(): Sample {
  return { at: 0, answers: 0, errors: 0, buckets: Array.from({ length: LATENCY_BOUNDS_MS.length + 1 }, () => 0) }
}

function sum(cells: readonly CounterCell[]): number {
  return cells.reduce((total, { count }) => total + count, 0)
}
