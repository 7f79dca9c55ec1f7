import type { Block } from './block.ts'
import type { Risk } from './risk.ts'

/** A client whose refused evidence comes to this is blocked. */
export const BLOCK_AT_RISK = 80
/** The first time as long as a lockout; then four times as long each time, up to a day. */
export const BLOCK_FOR_MS = [15, 60, 4 * 60, 24 * 60].map((minutes) => minutes * 60_000)
/** A block so long after the end of the last one is a first one again. */
export const REPEAT_WITHIN_MS = 24 * 60 * 60_000

/**
 * The automatic block that a client's risk asks for; null: none. Whom no block may hit, the allow-list and trusted proxies,
 * is for the caller to know.
 * @param last the client's last automatic block, over or not
 */
export function automaticBlock(
  client: string,
  { refusedRisk, causes }: Risk,
  last: Block | undefined,
  nowMs: number,
): Block | null {
  if (refusedRisk < BLOCK_AT_RISK) return null
  const lastEndMs = last?.untilMs ?? Number.NEGATIVE_INFINITY
  const times = nowMs - lastEndMs < REPEAT_WITHIN_MS ? last!.times + 1 : 1
  const forMs = BLOCK_FOR_MS[Math.min(times, BLOCK_FOR_MS.length) - 1]!
  const named = causes.slice(0, 3).map(({ cause, risk }) => `${cause} ${Math.round(risk)}`)
  return {
    address: client,
    reason: `risk ${Math.round(refusedRisk)}: ${named.join(', ')}`,
    source: 'automatic',
    untilMs: nowMs + forMs,
    atMs: nowMs,
    by: 'control',
    times,
  }
}
