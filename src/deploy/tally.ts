import { FAILURES_MAX, type Proof, type ReleaseSeen } from './proof.ts'

/** One answer, or failure, that the witness got. Times in nanoseconds of the machine's monotonic clock. */
export interface Observation {
  readonly beganNs: number
  readonly endedNs: number
  /** Milliseconds since the epoch, for people. */
  readonly at: number
  /** What went wrong in words; null for a good answer. */
  readonly failure: string | null
  readonly release: string | null
}

/** A switch as the workers acknowledged it. */
export interface SwitchSeen {
  readonly to: string
  readonly firstAckNs: number
  readonly lastAckNs: number
}

export type Tally = Pick<Proof, 'sent' | 'ok' | 'failed' | 'failures' | 'longestGapMs' | 'releases' | 'flipBacks'> & {
  /** When the last good answer came; the next gap is counted from here. */
  readonly lastOkNs: number | null
}

export const EMPTY_TALLY: Tally = {
  sent: 0,
  ok: 0,
  failed: 0,
  failures: [],
  longestGapMs: 0,
  releases: {},
  flipBacks: 0,
  lastOkNs: null,
}

/** Adds one observation. Pure, so that the count can be saved and gone on from. */
export function count(tally: Tally, seen: Observation, switches: readonly SwitchSeen[]): Tally {
  const sent = tally.sent + 1
  // A failed answer of the wrong release is both.
  const flipBacks = tally.flipBacks + (isFlipBack(seen, switches) ? 1 : 0)
  if (seen.failure !== null) {
    const failures = tally.failures.length < FAILURES_MAX ? [...tally.failures, seen.failure] : tally.failures
    return { ...tally, sent, failed: tally.failed + 1, failures, flipBacks }
  }
  const gapMs = tally.lastOkNs === null ? 0 : (seen.endedNs - tally.lastOkNs) / 1e6
  return {
    ...tally,
    sent,
    ok: tally.ok + 1,
    longestGapMs: Math.max(tally.longestGapMs, gapMs),
    lastOkNs: Math.max(tally.lastOkNs ?? 0, seen.endedNs),
    releases: seen.release === null ? tally.releases : withAnswer(tally.releases, seen.release, seen.at),
    flipBacks,
  }
}

/**
 * True for an answer of another release than the one that every worker had acknowledged before the request began, unless
 * a later switch had already reached a worker when the answer came.
 */
export function isFlipBack(seen: Observation, switches: readonly SwitchSeen[]): boolean {
  const settled = switches.findLast(({ lastAckNs }) => lastAckNs < seen.beganNs)
  if (settled === undefined || seen.release === null || seen.release === settled.to) return false
  return !switches.some(
    ({ to, firstAckNs }) => to === seen.release && firstAckNs > settled.lastAckNs && firstAckNs <= seen.endedNs,
  )
}

function withAnswer(releases: Tally['releases'], release: string, at: number): Record<string, ReleaseSeen> {
  const seen = releases[release] ?? { answers: 0, first: at, last: at }
  return {
    ...releases,
    [release]: { answers: seen.answers + 1, first: Math.min(seen.first, at), last: Math.max(seen.last, at) },
  }
}
