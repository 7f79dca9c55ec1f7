/** A child that ran this long is taken for healthy: its next restart waits the least again. */
export const HEALTHY_AFTER_MS = 30_000
/** So that doubling a least delay of 0 becomes a delay at all. */
const STEP_MS_MIN = 50

/** How long to wait before the next start, after `previousMs` the last time; undefined before the first. */
export function nextDelayMs(
  previousMs: number | undefined,
  ranMs: number,
  { minMs, maxMs }: { readonly minMs: number; readonly maxMs: number },
): number {
  if (previousMs === undefined || ranMs >= HEALTHY_AFTER_MS) return minMs
  return Math.min(Math.max(previousMs * 2, STEP_MS_MIN), Math.max(minMs, maxMs))
}
