import type { Severity } from '../../../promises/alert-rule.ts'
import { REOPEN_MS, type IncidentRecord } from '../incident-record.ts'
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
  /** `wakes`: an acknowledgement of what was known before is none of this. */
  | { readonly tell: true; readonly why: 'graver' | 'more' | 'again'; readonly wakes: boolean }
  | { readonly tell: false; readonly untilMs: number | null }

/**
 * Whether an open incident is told of once more: at once when it got graver, after a while when more came, and again and
 * again as long as nobody has acknowledged it. The same members are no news.
 */
export function deduplicate(incident: IncidentRecord, passing: readonly Firing[], nowMs: number): Due {
  const known = new Set(incident.known)
  const news = passing.filter(({ key }) => !known.has(key))
  const worst = gravest(news)
  const wakes = worst !== null && (worst.rule.severity < incident.severity || worst.rule.severity === 'P0')
  const isAt = (fromMs: number, why: 'graver' | 'more' | 'again'): Due =>
    nowMs >= fromMs ? { tell: true, why, wakes } : { tell: false, untilMs: fromMs }
  if (worst !== null && worst.rule.severity < incident.severity) return isAt(toldFromMs([worst]), 'graver')
  if (worst !== null) return isAt(incident.toldAtMs + GROUP_INTERVAL_MS, 'more')
  if (incident.acknowledgedAtMs !== null || passing.length === 0) return { tell: false, untilMs: null }
  return isAt(incident.toldAtMs + REPEAT_MS[incident.severity], 'again')
}

/** What has not fired for as long as it takes to be another incident is news when it fires again, though this one never ended. */
export function forgetGone(incident: IncidentRecord, firing: readonly Firing[], nowMs: number): IncidentRecord {
  const before = incident.gone ?? {}
  const there = new Set(firing.map(({ key }) => key))
  const since = incident.known
    .filter((key) => !there.has(key))
    .map((key): readonly [string, number] => [key, before[key] ?? nowMs])
  const gone = Object.fromEntries(since.filter(([, atMs]) => nowMs - atMs < REOPEN_MS))
  const isSame = Object.keys(gone).join() === Object.keys(before).join() && since.length === Object.keys(gone).length
  if (isSame) return incident
  return { ...incident, known: incident.known.filter((key) => there.has(key) || Object.hasOwn(gone, key)), gone }
}
