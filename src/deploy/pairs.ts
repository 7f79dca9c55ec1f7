import type { ResolvedRequest } from '../config/resolved.ts'
import { monotonicNs } from '../core/clock.ts'
import { KeptConnections } from './entrance.ts'
import type { Entrance } from './entrance.ts'
import type { Observation } from './tally.ts'
import type { Sample } from './watch.ts'
import { ask, WITNESS_TIMEOUT_MS } from './witness.ts'

/** More pairs a second are never sent, however short a step is: a trial is no load test. */
export const PAIRS_PER_SECOND_MAX = 50
/** Pairs whose answers are outstanding; beyond, the beat is skipped. */
export const PAIRS_OPEN_MAX = 100
/** What a timer can wait. */
const TIMER_MS_MAX = 2 ** 31 - 1

export interface PairsOptions {
  readonly entrance: () => Entrance
  readonly requests: readonly ResolvedRequest[]
  /** At most; also bounded by PAIRS_PER_SECOND_MAX. */
  readonly perSecond: number
  /** See WitnessOptions. @default none */
  readonly word?: string
  /** Asked at every beat: whether one more pair is needed. */
  readonly isWanted: () => boolean
  readonly onSent: () => void
  /** What the gateway's counts do not tell of a pair. */
  readonly onMissed: (missed: Missed) => void
  /** Milliseconds for a whole answer. @default WITNESS_TIMEOUT_MS */
  readonly timeoutMs?: number
}

/** Failures of either side that the gateway takes for a client that left, or for a good answer. */
export interface Missed {
  readonly next: MissedSide
  readonly old: MissedSide
}

interface MissedSide {
  /** Not whole in time: no answers to the gateway. */
  readonly timedOut: number
  /** 404 where the other release answered the same request well. */
  readonly lost: number
}

export const NOTHING_MISSED: Missed = { next: { timedOut: 0, lost: 0 }, old: { timedOut: 0, lost: 0 } }

export function addMissed(one: Missed, other: Missed): Missed {
  const sum = (side: keyof Missed): MissedSide => ({
    timedOut: one[side].timedOut + other[side].timedOut,
    lost: one[side].lost + other[side].lost,
  })
  return { next: sum('next'), old: sum('old') }
}

/** What the gateway counted of a release's witness, and what it missed. */
export function withMissed(sample: Sample, { timedOut, lost }: MissedSide): Sample {
  const answers = sample.answers + timedOut
  // An answer is here a moment before the gateway has counted it.
  return { ...sample, answers, errors: Math.min(answers, sample.errors + timedOut + lost) }
}

/** A release that has lost a path did not pass it on to users either; a path that both do not know is no loss. */
function missedOf(next: Observation, old: Observation): Missed {
  const isGood = ({ status, failure }: Observation): boolean => failure === null && status !== null && status < 400
  const side = (one: Observation, other: Observation): MissedSide => ({
    timedOut: one.timedOut ? 1 : 0,
    lost: one.status === 404 && one.release !== other.release && isGood(other) ? 1 : 0,
  })
  return { next: side(next, old), old: side(old, next) }
}

export interface Pairs {
  /** Stops sending and resolves when the last answer is in. */
  stop(): Promise<void>
  /** Whether a request has waited for longer than OVERDUE_MS: a release that hangs fails only when its time is over. */
  isOverdue(): boolean
}

/** Answers that are not there by then may never come. */
const OVERDUE_MS = 1_000

/**
 * The witness of a trial: sends the same request at the same moment to the release on trial and to the live one, wherever
 * users are too few. The gateway counts both; `onMissed` tells what it cannot know.
 */
export function startPairs({
  entrance,
  requests,
  perSecond,
  word = '',
  isWanted,
  onSent,
  onMissed,
  timeoutMs = WITNESS_TIMEOUT_MS,
}: PairsOptions): Pairs {
  const kept = new KeptConnections(PAIRS_OPEN_MAX)
  const open = new Map<Promise<void>, number>()
  let beat = 0
  const everyMs = 1000 / Math.min(perSecond, PAIRS_PER_SECOND_MAX)
  const timer = setInterval(
    () => {
      if (requests.length === 0 || open.size >= PAIRS_OPEN_MAX || !isWanted()) return
      const request = requests[beat % requests.length]!
      beat += 1
      const pair = Promise.all(
        (['always', 'never'] as const).map((side) =>
          ask({ entrance: entrance(), request, kept, timeoutMs, side, word }),
        ),
      ).then(([next, old]) => {
        open.delete(pair)
        onMissed(missedOf(next!, old!))
      })
      open.set(pair, monotonicNs())
      onSent()
    },
    Math.min(everyMs, TIMER_MS_MAX),
  )
  return {
    stop: async () => {
      clearInterval(timer)
      await Promise.all(open.keys())
      kept.destroy()
    },
    isOverdue: () => [...open.values()].some((sentNs) => monotonicNs() - sentNs > OVERDUE_MS * 1e6),
  }
}
