import type { Labels } from '../../core/series/labels.ts'
import type { AlertRule } from '../../promises/alert-rule.ts'

/** `no-data`: its series are not there, so nobody can say. Neither fine nor firing. */
export type AlertState = 'inactive' | 'pending' | 'firing' | 'no-data'

/** A rule with one set of labels. */
export interface Alert {
  readonly rule: AlertRule['name']
  /** Of the rule's series, with the rule's own labels and `alertname`. */
  readonly labels: Labels
  readonly state: AlertState
  /** Since when the condition holds; null when it does not. */
  readonly activeAtMs: number | null
  /** When it began to fire; kept after it ended, until the end has been told. */
  readonly firedAtMs: number | null
  readonly resolvedAtMs: number | null
  /** The newest value of the expression. */
  readonly value: number | null
}

type Progress = Pick<Alert, 'state' | 'activeAtMs' | 'firedAtMs' | 'resolvedAtMs'>

export const INACTIVE: Progress = { state: 'inactive', activeAtMs: null, firedAtMs: null, resolvedAtMs: null }

/**
 * One evaluation of one alert, as Prometheus does it: pending from the first time the condition holds, firing once it has
 * held for `forMs` (at once for 0), over at the first evaluation at which it does not.
 * `seen` 'nothing': its series are absent, which ends nothing: what fired goes on firing until there is data again.
 */
export function nextProgress(
  before: Progress,
  seen: 'holds' | 'holds-not' | 'nothing',
  at: { readonly nowMs: number; readonly forMs: number },
): Progress {
  const { nowMs, forMs } = at
  if (seen === 'nothing') return before.state === 'firing' ? before : { ...INACTIVE, state: 'no-data' }
  if (seen === 'holds-not') {
    return before.state === 'firing' ? { ...INACTIVE, firedAtMs: before.firedAtMs, resolvedAtMs: nowMs } : INACTIVE
  }
  if (before.state === 'firing') return before
  const activeAtMs = before.activeAtMs ?? nowMs
  return nowMs - activeAtMs >= forMs
    ? { state: 'firing', activeAtMs, firedAtMs: nowMs, resolvedAtMs: null }
    : { state: 'pending', activeAtMs, firedAtMs: null, resolvedAtMs: null }
}
