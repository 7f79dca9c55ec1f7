/** Ends of a program within this time count towards its crash loop. */
export const CRASH_WINDOW_MS = 60_000
/** So many ends within the window are a crash loop: it is still tried, at the longest interval. */
export const CRASHES_MAX = 5
export const RESTART_MIN_MS = 500
export const RESTART_MAX_MS = 30_000

export interface Restart {
  readonly afterMs: number
  readonly crashLoop: boolean
}

/** When to start a program again, from the instants (ms) at which it ended. The first end is answered at once. */
export function restartAfter(ends: readonly number[], now: number): Restart {
  const recent = ends.filter((end) => now - end < CRASH_WINDOW_MS).length
  const afterMs = recent <= 1 ? 0 : Math.min(RESTART_MAX_MS, RESTART_MIN_MS * 2 ** (recent - 2))
  return { afterMs, crashLoop: recent >= CRASHES_MAX }
}
