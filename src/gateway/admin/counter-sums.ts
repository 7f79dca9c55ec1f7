import { addCounters, NO_COUNTERS } from '../counters.ts'
import { afterTheEnd } from '../pause-counts.ts'
import type { Connection } from './connection.ts'
import type { Counters } from './protocol.ts'

/** Dead incarnations whose last report is kept apart; the oldest beyond are folded into one. */
export const DEAD_MAX = 64

export interface CounterSums {
  take(connection: Connection, counters: Counters): void
  left(connection: Connection): void
  total(): Counters
}

/** Adds up what workers report. Each report is cumulative, so the newest of every incarnation counts, also after its end. */
export function createCounterSums(): CounterSums {
  const live = new Map<string, Counters>()
  const dead = new Map<string, Counters>()
  let folded = NO_COUNTERS
  return {
    take({ incarnation }, counters) {
      // It was not dead, only away.
      dead.delete(incarnation)
      live.set(incarnation, counters)
    },
    left({ incarnation }) {
      const counters = live.get(incarnation)
      if (counters === undefined) return
      live.delete(incarnation)
      dead.set(incarnation, { ...afterTheEnd(counters), openConnections: 0, openRequests: 0, down: [] })
      if (dead.size <= DEAD_MAX) return
      const [oldest, last] = dead.entries().next().value!
      dead.delete(oldest)
      folded = addCounters([folded, last])
    },
    total: () => addCounters([folded, ...dead.values(), ...live.values()]),
  }
}
