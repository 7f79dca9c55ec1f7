import { createHistogram } from 'node:perf_hooks'
import type { Answered } from './client.ts'

const FAILURES_KEPT_MAX = 20
const LATENCY_US_MAX = 120_000_000

export interface ReleaseSeen {
  readonly answers: number
  /** Seconds since the start. */
  readonly firstS: number
  readonly lastS: number
  readonly failed: number
  /** Between its first failed answer and its last, seconds. */
  readonly failedForS: number
}

type Seen = { -readonly [Key in keyof ReleaseSeen]: ReleaseSeen[Key] } & { failedFirstS: number }

export interface TallyFigures {
  readonly requests: number
  readonly failed: number
  /** Answered with a 4xx that is part of the game, such as a price that moved. */
  readonly refused: number
  readonly latencyMs: { readonly p50: number; readonly p95: number; readonly p99: number; readonly max: number }
  readonly releases: Readonly<Record<string, ReleaseSeen>>
  readonly failures: readonly string[]
}

export interface Tally {
  /** @param intendedAt when the request should have begun: a stalled server makes all that wait behind it late, too. */
  count(answered: Answered, what: string, intendedAt: number): 'good' | 'refused' | 'failed'
  figures(): TallyFigures
}

export function createTally(startedAt: number): Tally {
  const latency = createHistogram({ lowest: 1, highest: LATENCY_US_MAX, figures: 3 })
  const releases = new Map<string, Seen>()
  const failures: string[] = []
  let requests = 0
  let failed = 0
  let refused = 0

  const seconds = (): number => Math.round((performance.now() - startedAt) / 10) / 100

  const failure = (what: string, reason: string): 'failed' => {
    failed += 1
    if (failures.length < FAILURES_KEPT_MAX) failures.push(`${seconds()} s, ${what}: ${reason}`)
    return 'failed'
  }

  return {
    count: (answered, what, intendedAt) => {
      requests += 1
      latency.record(Math.max(1, Math.min(LATENCY_US_MAX, Math.round((performance.now() - intendedAt) * 1000))))
      if (answered.kind === 'failure') return failure(what, answered.reason)
      const release =
        [answered.headers['seaworthy-release'], answered.headers['market-version']].filter(Boolean).join(' ') ||
        'unnamed'
      const now = seconds()
      const seen = releases.get(release) ?? {
        answers: 0,
        firstS: now,
        lastS: 0,
        failed: 0,
        failedForS: 0,
        failedFirstS: 0,
      }
      releases.set(release, seen)
      seen.answers += 1
      seen.lastS = now
      if (answered.status < 300) return 'good'
      // Of the 4xx only a conflict is part of the game; nothing this program sends deserves another one.
      if (answered.status !== 409) {
        if (seen.failed === 0) seen.failedFirstS = now
        seen.failed += 1
        seen.failedForS = Math.round((now - seen.failedFirstS) * 100) / 100
        return failure(what, `status ${answered.status} ${JSON.stringify(answered.body).slice(0, 200)}`)
      }
      refused += 1
      return 'refused'
    },
    figures: () => {
      const ms = (percentile: number): number =>
        requests === 0 ? 0 : Math.round(latency.percentile(percentile) / 10) / 100
      return {
        requests,
        failed,
        refused,
        latencyMs: {
          p50: ms(50),
          p95: ms(95),
          p99: ms(99),
          max: requests === 0 ? 0 : Math.round(latency.max / 10) / 100,
        },
        releases: Object.fromEntries(
          [...releases].map(([name, { answers, firstS, lastS, failed: bad, failedForS }]) => [
            name,
            { answers, firstS, lastS, failed: bad, failedForS },
          ]),
        ),
        failures,
      }
    },
  }
}
