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

// Both read the same clock of the system, but a big integer per request costs more than the rest of the call.
const ORIGIN_NS = Number(process.hrtime.bigint()) - performance.now() * 1e6
