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
  /** 'GET /prices': what was asked. */
  readonly request: string
  /** Null when no answer came. */
  readonly status: number | null
  /** The answer was not whole in time. The gateway counts this as a client that left. */
  readonly timedOut?: true
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
  /** Request → the release that answered it first, if it did so below 400; null where it did not. At most REQUESTS_MAX. */
  readonly answeredBy: Readonly<Record<string, string | null>>
}

/** Requests whose answers are compared between releases. */
const REQUESTS_MAX = 100

export const EMPTY_TALLY: Tally = {
  sent: 0,
  ok: 0,
  failed: 0,
  failures: [],
  longestGapMs: 0,
  releases: {},
  flipBacks: 0,
  lastOkNs: null,
  answeredBy: {},
}

/** Adds one observation. Pure, so that the count can be saved and gone on from. */
export function count(tally: Tally, seen: Observation, switches: readonly SwitchSeen[]): Tally {
  const sent = tally.sent + 1
  // A failed answer of the wrong release is both.
  const flipBacks = tally.flipBacks + (isFlipBack(seen, switches) ? 1 : 0)
  const failure = seen.failure ?? lossOf(tally, seen)
  if (failure !== null) {
    const failures = tally.failures.length < FAILURES_MAX ? [...tally.failures, failure] : tally.failures
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
    answeredBy: withFirst(tally.answeredBy, seen),
  }
}

/**
 * A 404 where the release before answered well: the new one has lost the path, or knows none at all. By itself a 404 is an
 * answer like any other.
 */
function lossOf({ answeredBy }: Tally, { request, status, release, at }: Observation): string | null {
  const before = answeredBy[request] ?? null
  if (status !== 404 || before === null || release === before) return null
  // Without a release it is the gateway's own: the route is gone.
  return `${new Date(at).toISOString()} ${request}: status 404 of ${release ?? 'the gateway'}, which ${before} answers`
}

function withFirst(answeredBy: Tally['answeredBy'], { request, status, release }: Observation): Tally['answeredBy'] {
  if (status === null || request in answeredBy) return answeredBy
  if (Object.keys(answeredBy).length >= REQUESTS_MAX) return answeredBy
  return { ...answeredBy, [request]: status < 400 ? release : null }
}

/**
 * True for an answer of another release than the one that every worker had acknowledged before the request began, unless
 * a later switch had already reached a worker when the answer came.
 */
export function isFlipBack(
  seen: Pick<Observation, 'beganNs' | 'endedNs' | 'release'>,
  switches: readonly SwitchSeen[],
): boolean {
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
