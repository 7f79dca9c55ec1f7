import type { Severity } from '../../../promises/alert-rule.ts'
import type { IncidentRecord } from '../incident-record.ts'
import type { Firing } from './context.ts'
import { gravest, toldFromMs } from './group.ts'

/** Between two messages about the same: as long as nobody has acknowledged it. */
export const REPEAT_MS: Readonly<Record<Severity, number>> = {
  P0: 5 * 60_000,
  P1: 3 * 3_600_000,
  P2: 3 * 3_600_000,
  P3: 3 * 3_600_000,
}
/** Before what has come to a group later, and is no graver, is told as well. */
export const GROUP_INTERVAL_MS = 5 * 60_000

export type Due =
  | { readonly tell: true; readonly why: 'graver' | 'more' | 'again' }
  | { readonly tell: false; readonly untilMs: number | null }

/**
 * Whether an open incident is told of once more: at once when it got graver, after a while when more came, and again and
 * again as long as nobody has acknowledged it. The same members are no news.
 */
export function deduplicate(incident: IncidentRecord, passing: readonly Firing[], nowMs: number): Due {
  const known = new Set(incident.known)
  const news = passing.filter(({ key }) => !known.has(key))
  const worst = gravest(news)
  const isAt = (fromMs: number, why: 'graver' | 'more' | 'again'): Due =>
    nowMs >= fromMs ? { tell: true, why } : { tell: false, untilMs: fromMs }
  if (worst !== null && worst.rule.severity < incident.severity) return isAt(toldFromMs([worst]), 'graver')
  if (worst !== null) return isAt(incident.toldAtMs + GROUP_INTERVAL_MS, 'more')
  if (incident.acknowledgedAtMs !== null || passing.length === 0) return { tell: false, untilMs: null }
  return isAt(incident.toldAtMs + REPEAT_MS[incident.severity], 'again')
}
