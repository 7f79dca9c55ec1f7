import type { ResolvedApp } from '../config/resolved.ts'
import type { AlertRule, RecordingRule } from './alert-rule.ts'
import {
  asksForBadEvents,
  BAD_EVENTS_ABOVE,
  BURN_WINDOWS,
  EVENTS_MIN,
  firingRates,
  type BurnRate,
} from './burn-rate.ts'
import { Decimal } from './decimal.ts'
import {
  badShare,
  badShareOrZero,
  budgetedOf,
  budgetShare,
  eventsOf,
  number,
  sourceOf,
  type Budgeted,
  type Events,
} from './events.ts'
import { promqlDuration, type Expression } from './expression.ts'
import { durationText } from './figures.ts'
import { objectiveId } from './objective.ts'
import { SYMPTOM_WINDOW_MS, symptomsOf, type Symptom } from './symptom.ts'

export const RUNBOOK = 'docs/guides/promises.md#when-a-burn-rate-alert-fires'
/** An alert of its own when nothing is counted any more: three collections missed, and three more for one that is late. */
const NO_DATA_FOR_MS = 60_000

/** The record that holds the share of bad events of every objective: `service:seaworthy_slo_errors:ratio_rate5m`. */
export function recordName(windowMs: number): string {
  return `service:seaworthy_slo_errors:ratio_rate${promqlDuration(windowMs)}`
}

/** The alerts that an app's promises imply. */
export function promiseRules(app: Pick<ResolvedApp, 'promises'>): readonly AlertRule[] {
  const ruled = ruledObjectives(app)
  return [...symptomsOf(app, ruled).map(symptomRule), ...ruled.flatMap(burnRules)]
}

/** The share of bad events of each objective in each of the windows: for panels; the alerts read what is counted. */
export function promiseRecordings(app: Pick<ResolvedApp, 'promises'>): readonly RecordingRule[] {
  const windows = BURN_WINDOWS.flatMap(({ shortMs, longMs }) => [shortMs, longMs]).toSorted((one, other) => one - other)
  return budgetedOf(app).flatMap((objective) =>
    [...new Set(windows)].map((windowMs) => ({
      record: recordName(windowMs),
      expression: badShareOrZero(eventsOf(objective, windowMs)),
      labels: labelsOf(objective),
    })),
  )
}

/**
 * Those whose rules are needed. Availability and errors of one promise count the same events: whenever the one with the
 * larger budget fires, the other does, so that its rules would only say it twice.
 */
export function ruledObjectives(app: Pick<ResolvedApp, 'promises'>): readonly Budgeted[] {
  const budgeted = budgetedOf(app)
  return budgeted.filter((objective) => sayingItFor(objective, budgeted) === null)
}

/** The objective whose rules say what this one's would; null when it has its own. */
export function sayingItFor(objective: Budgeted, all: readonly Budgeted[]): Budgeted | null {
  const pair = { availability: 'errors', errors: 'availability', latency: null }[objective.kind]
  const other = all.find(({ promise, kind }) => promise === objective.promise && kind === pair)
  if (other === undefined) return null
  const [own, others] = [budgetShare(objective), budgetShare(other)]
  return own.isAbove(others) || (objective.kind === 'errors' && !others.isAbove(own)) ? other : null
}

/** `TradeLatency95`: promise names are lower case, so that a capital or '_' can only have been a '-'. */
export function alertName({ promise, ...objective }: Budgeted): string {
  const words = promise
    .split('-')
    .map((word, index) => (/^[a-z]/.test(word) ? capital(word) : index === 0 ? word : `_${word}`))
  const name = words.join('').replace(/^(?=\d)/, '_')
  return `${name}${objective.kind === 'latency' ? `Latency${objective.target.slice(2)}` : capital(objective.kind)}`
}

/** What every rule of an objective is found by. */
export function labelsOf(objective: Budgeted): Readonly<Record<string, string>> {
  return { slo: objectiveId(objective), promise: objective.promise }
}

/** True where both windows burn faster than the threshold and there was enough to judge by; its value is that of the long one. */
export function burnCondition(objective: Budgeted, { window, threshold }: BurnRate): Expression {
  const long = eventsOf(objective, window.longMs)
  const both = and(above(long, threshold), above(eventsOf(objective, window.shortMs), threshold))
  return and(both, enough(long, threshold))
}

function above(events: Events, threshold: Decimal): Expression {
  return { kind: 'binary', op: '>', left: badShare(events), right: number(threshold.toText()), on: null }
}

/** So many that their share says something, and of the bad ones more than a single one. */
function enough({ count, badCount }: Events, threshold: Decimal): Expression {
  const events: Expression = { kind: 'binary', op: '>=', left: count, right: number(String(EVENTS_MIN)), on: null }
  if (!asksForBadEvents(threshold)) return events
  return and(events, { kind: 'binary', op: '>', left: badCount, right: number(BAD_EVENTS_ABOVE), on: null })
}

function and(left: Expression, right: Expression): Expression {
  return { kind: 'binary', op: 'and', left, right, on: null }
}

/** Faster than any burn rate where a promised detection asks for it, and louder: it has one short window. */
function symptomRule({ objective, threshold, detectMs }: Symptom): AlertRule {
  const events = eventsOf(objective, SYMPTOM_WINDOW_MS)
  return {
    name: `${alertName(objective)}Failing`,
    origin: { kind: 'promise', objective: objectiveId(objective) },
    category: 'critical',
    severity: 'P0',
    expression: and(above(events, threshold), enough(events, threshold)),
    forMs: 0,
    labels: labelsOf(objective),
    summary:
      `A share of {{ $value }} of the requests of {{ $labels.service }} failed in 1m, above ${threshold.toText()}: ` +
      `told within ${durationText(Decimal.of(detectMs))} when all of them do`,
    runbook: RUNBOOK,
    noData: null,
    inhibits: firingRates(objective).map((rate) => ({ rule: burnName(objective, rate), equal: ['service', 'slo'] })),
  }
}

export function burnName(objective: Budgeted, { window }: BurnRate): string {
  return `${alertName(objective)}Burn${window.name}`
}

function burnRules(objective: Budgeted): readonly AlertRule[] {
  const rates = firingRates(objective)
  return rates.map((rate, index) => ({
    name: burnName(objective, rate),
    origin: { kind: 'promise', objective: objectiveId(objective) },
    category: objective.kind === 'latency' ? 'performance' : objective.subject.kind === 'need' ? 'data' : 'critical',
    severity: rate.window.severity,
    expression: burnCondition(objective, rate),
    // The windows are its patience: a `for` would only add to the time until somebody knows.
    forMs: 0,
    labels: labelsOf(objective),
    summary: summaryOf(objective, rate),
    runbook: RUNBOOK,
    // All of them read the same: one alert for the objective, which the first brings.
    noData: {
      expression: { kind: 'absent', of: sourceOf(objective) },
      forMs: NO_DATA_FOR_MS,
      alert: `${alertName(objective)}NoData`,
      isToldElsewhere: index > 0,
    },
    inhibits: rates.slice(index + 1).map((slower) => ({
      rule: burnName(objective, slower),
      equal: [objective.subject.kind === 'need' ? 'need' : 'service', 'slo'],
    })),
  }))
}

function summaryOf(objective: Budgeted, { window, rate, threshold }: BurnRate): string {
  const who = objective.subject.kind === 'need' ? '{{ $labels.need }}' : '{{ $labels.service }}'
  const bad = objective.kind === 'latency' ? `slower than ${objective.limitMs} ms` : 'failed'
  return (
    `${who} spends the budget of ${objectiveId(objective)} ${rate.rounded(2).toText()} times too fast: ` +
    `a share of {{ $value }} ${bad} in ${window.name}, above ${threshold.toText()}`
  )
}

function capital(word: string): string {
  return `${word.charAt(0).toUpperCase()}${word.slice(1)}`
}
