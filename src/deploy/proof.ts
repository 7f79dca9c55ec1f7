import type { CanaryStep } from './canary.ts'
import type { Promotion } from './release.ts'

/** What the witness saw: its own traffic through the public entrance, from before the switch until after the drain. */
export interface Proof {
  readonly deploy: string
  readonly from: string | null
  readonly to: string
  readonly startedAt: number
  readonly finishedAt: number
  readonly sent: number
  readonly ok: number
  readonly failed: number
  /** The first failures in words, at most FAILURES_MAX. */
  readonly failures: readonly string[]
  /** The longest time between two good answers, milliseconds. */
  readonly longestGapMs: number
  readonly releases: Readonly<Record<string, ReleaseSeen>>
  /** Answers of a release to requests that began after the last worker had acknowledged another one. */
  readonly flipBacks: number
  /** Duration of each switch, first to last acknowledgement included, milliseconds. */
  readonly switches: readonly {
    readonly to: string
    readonly tookMs: number
    readonly workers: number
    readonly at: number
  }[]
  readonly drain: {
    readonly finished: number
    readonly cut: number
    readonly websockets: number
    readonly streams: number
    /** WebSockets that came back on the other release after being closed with 1012. */
    readonly moved: number
  } | null
  readonly watch: WatchVerdict | null
  /** The steps of its trial, users' and the witness's answers apart; null without one. */
  readonly canary: readonly CanaryStep[] | null
  /** How often control died and went on meanwhile; the witness was silent in between. */
  readonly interruptions: number
  /** Where the release was proven before; absent: it was made of a working folder. */
  readonly promoted?: Pick<Promotion, 'environment' | 'release'>
  /** The approval that the deploy was begun with; absent: none was wanted. */
  readonly approval?: { readonly by: string; readonly at: number; readonly planHash: string }
  /** The secrets that got new values, where that is what the deploy was for, and it succeeded. */
  readonly rotated?: readonly string[]
  /** Requests were paused meanwhile; the witness was silent then. */
  readonly paused?: true
}

export const FAILURES_MAX = 20

export interface ReleaseSeen {
  readonly answers: number
  /** Milliseconds since the epoch. */
  readonly first: number
  readonly last: number
}

export type WatchVerdict =
  | { readonly verdict: 'passed'; readonly answers: number; readonly errors: number; readonly p95Ms: number | null }
  | { readonly verdict: 'inconclusive'; readonly answers: number; readonly needed: number }
  | {
      readonly verdict: 'breach'
      readonly because: string
      readonly answers: number
      readonly errors: number
      /** Users' failed answers of the new release, all told. */
      readonly failed: number
      /** From the first failed answer's interval to the decision, and to the old release serving again, milliseconds. */
      readonly detectedMs: number
      readonly backMs: number
    }
