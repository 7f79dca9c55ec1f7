// Not the global of that name: that one is a getter, and looked up each time.
import { performance } from 'node:perf_hooks'
import { setTimeout as wait } from 'node:timers/promises'

/** Time as handed in, so that a test can hold it still. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number
  /** Resolves after `ms`; rejects with the signal's reason when it aborts first. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
}

export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: (ms, signal) => wait(ms, undefined, signal ? { signal } : {}),
}

/**
 * Nanoseconds of the machine's monotonic clock. Every process on one machine reads the same clock, so instants taken in a
 * worker, in control and in a client can be compared; a JSON number holds them exactly for 104 days of uptime.
 */
export function monotonicNs(): number {
  return ORIGIN_NS + performance.now() * 1e6
}

/** The same instant on the clock of `performance.now()`. */
export function msOf(ns: number): number {
  return (ns - ORIGIN_NS) / 1e6
}

/**
 * Where `performance.now()` begins on the clock of `hrtime`. The process may lose its core between the two readings, for
 * milliseconds on a busy machine, and every instant of it would be that early for the others: the closest pair of several counts.
 */
export function originOf(hrtimeNs: () => bigint, performanceMs: () => number): number {
  let closest = { gapNs: Infinity, origin: 0 }
  for (let tries = 0; tries < TRIES_MAX && closest.gapNs > CLOSE_NS; tries++) {
    const before = hrtimeNs()
    const ms = performanceMs()
    const gapNs = Number(hrtimeNs() - before)
    if (gapNs < closest.gapNs) closest = { gapNs, origin: Number(before) + gapNs / 2 - ms * 1e6 }
  }
  return closest.origin
}

const TRIES_MAX = 100
/** Far less than a message takes from one process to another. */
const CLOSE_NS = 2_000

// Both read the same clock of the system, but a big integer per request costs more than the rest of the call.
const ORIGIN_NS = originOf(
  () => process.hrtime.bigint(),
  () => performance.now(),
)
