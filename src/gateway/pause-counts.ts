import type { Counters } from './admin/protocol.ts'
import type { PauseCounts } from './waiting-room.ts'

export const NO_PAUSE_COUNTS: PauseCounts = {
  held: 0,
  forwarded: 0,
  overflowed: 0,
  timedOut: 0,
  left: 0,
  lost: 0,
  turnedAway: 0,
}

const NAMES = Object.keys(NO_PAUSE_COUNTS) as (keyof PauseCounts)[] // its own keys, as they stand above

/** Count by count. */
export function addPauseCounts(one: PauseCounts | undefined, other: PauseCounts | undefined): PauseCounts | undefined {
  if (one === undefined || other === undefined) return one ?? other
  return combine(one, other, (a, b) => a + b)
}

/** What has come since `before`; never below zero, as after a control that forgot what ended workers had counted. */
export function pauseCountsSince(before: PauseCounts, now: PauseCounts): PauseCounts {
  return { ...combine(now, before, (a, b) => Math.max(0, a - b)), held: now.held }
}

export function isAnyPaused(counts: PauseCounts): boolean {
  return NAMES.some((name) => counts[name] > 0)
}

/** What a worker held when it ended is lost with it. */
export function afterTheEnd(counters: Counters): Counters {
  const { pause } = counters
  return pause === undefined ? counters : { ...counters, pause: { ...pause, held: 0, lost: pause.lost + pause.held } }
}

function combine(one: PauseCounts, other: PauseCounts, by: (a: number, b: number) => number): PauseCounts {
  return Object.fromEntries(NAMES.map((name) => [name, by(one[name], other[name])])) as unknown as PauseCounts // the same keys
}
