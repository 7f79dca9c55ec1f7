import { Agent } from 'node:http'
import type { ResolvedRequest } from '../config/resolved.ts'
import { ask, WITNESS_TIMEOUT_MS } from './witness.ts'

/** More pairs a second are never sent, however short a step is: a trial is no load test. */
export const PAIRS_PER_SECOND_MAX = 50
/** Pairs whose answers are outstanding; beyond, the beat is skipped. */
export const PAIRS_OPEN_MAX = 100
/** What a timer can wait. */
const TIMER_MS_MAX = 2 ** 31 - 1

export interface PairsOptions {
  readonly port: number
  readonly requests: readonly ResolvedRequest[]
  /** At most; also bounded by PAIRS_PER_SECOND_MAX. */
  readonly perSecond: number
  /** Asked at every beat: whether one more pair is needed. */
  readonly isWanted: () => boolean
  readonly onSent: () => void
}

export interface Pairs {
  /** Stops sending and resolves when the last answer is in. */
  stop(): Promise<void>
}

/**
 * The witness of a trial: sends the same request at the same moment to the release on trial and to the live one, wherever
 * users are too few. The gateway counts both.
 */
export function startPairs({ port, requests, perSecond, isWanted, onSent }: PairsOptions): Pairs {
  const agent = new Agent({ keepAlive: true, maxSockets: PAIRS_OPEN_MAX })
  const open = new Set<Promise<void>>()
  let beat = 0
  const everyMs = 1000 / Math.min(perSecond, PAIRS_PER_SECOND_MAX)
  const timer = setInterval(
    () => {
      if (requests.length === 0 || open.size >= PAIRS_OPEN_MAX || !isWanted()) return
      const request = requests[beat % requests.length]!
      beat += 1
      const pair = Promise.all(
        (['always', 'never'] as const).map((side) =>
          ask({ port, request, agent, timeoutMs: WITNESS_TIMEOUT_MS, side }),
        ),
      ).then(() => void open.delete(pair))
      open.add(pair)
      onSent()
    },
    Math.min(everyMs, TIMER_MS_MAX),
  )
  return {
    stop: async () => {
      clearInterval(timer)
      await Promise.all(open)
      agent.destroy()
    },
  }
}
