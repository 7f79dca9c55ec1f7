import { seriesKey, type Labels } from '../../../core/series/labels.ts'
import { alertLabelsOf, type AlertRule } from '../../../promises/alert-rule.ts'
import { INACTIVE, nextProgress, type Alert } from '../alert.ts'

/** How long an alert that is over is remembered, as Prometheus does: so long its end can be told. */
export const RESOLVED_MS = 15 * 60_000

/** What the queries of one rule have answered, at one instant. */
export interface Answer {
  readonly values: readonly { readonly labels: Labels; readonly value: number }[]
  /** Label sets of which the series are missing, by the rule's `noData`. */
  readonly missing: readonly Labels[]
}

/** `ServiceDown{alertname="ServiceDown",category="critical",service="api",severity="P0"}`: the same alert, the same text, also after a restart. */
export function alertKey({ rule, labels }: Pick<Alert, 'rule' | 'labels'>): string {
  return seriesKey(rule, labels)
}

/** One evaluation of one rule: its alerts afterwards. Those that are over, and told long ago, are not among them. */
export function track(rule: AlertRule, before: readonly Alert[], answer: Answer, nowMs: number): readonly Alert[] {
  const { name, forMs } = rule
  const holding = new Map(
    answer.values.map(({ labels, value }) => {
      const own = ownLabels(rule, labels)
      return [alertKey({ rule: name, labels: own }), { labels: own, value }]
    }),
  )
  // What fired before a deploy that made it graver, or under a version that gave it fewer labels, goes on.
  const known = new Map(
    before
      .map((alert): Alert => ({ ...alert, labels: ownLabels(rule, alert.labels) }))
      .map((alert) => [alertKey(alert), alert]),
  )
  const held = [...holding].map(([key, { labels, value }]): Alert => {
    const progress = nextProgress(known.get(key) ?? INACTIVE, 'holds', { nowMs, forMs })
    return { rule: name, labels, ...progress, value }
  })
  const others = [...known]
    .filter(([key]) => !holding.has(key))
    .map(([, alert]): Alert => {
      const isMissing = answer.missing.some((labels) => isPartOf(labels, alert.labels))
      if (alert.resolvedAtMs !== null && !isMissing) return alert
      return { ...alert, ...nextProgress(alert, isMissing ? 'nothing' : 'holds-not', { nowMs, forMs }) }
    })
    .filter(({ state, resolvedAtMs }) => state !== 'inactive' || (resolvedAtMs ?? -Infinity) > nowMs - RESOLVED_MS)
  return [...held, ...others]
}

/** As Prometheus has them: the rule's own go over those of the series. */
function ownLabels(rule: AlertRule, labels: Labels): Labels {
  return { ...labels, ...alertLabelsOf(rule), alertname: rule.name }
}

/** `absent()` names what its selector fixes: everything with these labels is missing. One that a sum has dropped tells no alert apart. */
function isPartOf(part: Labels, labels: Labels): boolean {
  return Object.entries(part).every(([label, value]) => (labels[label] ?? value) === value)
}
