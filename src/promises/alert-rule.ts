import type { Labels, Matcher } from '../core/series/labels.ts'
import { metricsOf, type Expression } from './expression.ts'

export const SEVERITIES = ['P0', 'P1', 'P2', 'P3'] as const
/** P0 wakes somebody now, P1 today, P2 this week, P3 some day. */
export type Severity = (typeof SEVERITIES)[number]

export interface RecordingRule {
  readonly record: string
  readonly expression: Expression
  readonly labels: Readonly<Record<string, string>>
}

/** One alert as a value: evaluated here, and written for Prometheus, from this. */
export interface AlertRule {
  /** `HighErrorRatio`: an alert name as Prometheus takes it, unique among the rules. */
  readonly name: string
  /** Where it comes from, for `explain`. */
  readonly origin:
    | { readonly kind: 'promise'; readonly objective: string }
    | { readonly kind: 'built-in' }
    | { readonly kind: 'user' }
  readonly category: 'critical' | 'performance' | 'security' | 'infrastructure' | 'data' | 'business'
  readonly severity: Severity
  /** True for each series it yields; thresholds and the minimum volume are part of it. */
  readonly expression: Expression
  readonly forMs: number
  /** Added to those of the series. */
  readonly labels: Readonly<Record<string, string>>
  /** `{{ $labels.service }}` and `{{ $value }}` are filled in. */
  readonly summary: string
  readonly runbook: string
  /** True when its series are not there at all: a state of its own, never "fine". Null: their absence is fine, as with no traffic. */
  readonly noData: NoData | null
  readonly inhibits: readonly Inhibition[]
}

/** What is told of series that are not there. */
export interface NoData {
  readonly expression: Expression
  readonly forMs: number
  /** The alert that tells of it; several rules that read the same have one. @default the rule's name with NoData */
  readonly alert?: string
  /** Whether another rule brings that alert. @default false */
  readonly isToldElsewhere?: boolean
}

/** A rule that is kept quiet while another fires: an Alertmanager's inhibit_rule, whose source is the other. */
export interface Inhibition {
  /** The name of the rule that is kept quiet. */
  readonly rule: string
  /** Labels that have to be the same in both alerts. */
  readonly equal: readonly string[]
  /** What the firing alert has to be like besides: source_matchers. @default [] */
  readonly source?: readonly Matcher[]
  /** What the alert that is kept quiet has to be like besides: target_matchers. @default [] */
  readonly target?: readonly Matcher[]
}

/** What an alert carries beside the labels of its series, embedded and in the rules of Prometheus. */
export function alertLabelsOf({ labels, severity, category }: AlertRule): Labels {
  return { ...labels, severity, category }
}

/** Every metric that the rules read and that no recording rule makes: each has to be in a live scrape. */
export function metricsOfRules(rules: readonly AlertRule[], recordings: readonly RecordingRule[]): ReadonlySet<string> {
  const recorded = new Set(recordings.map(({ record }) => record))
  const expressions = [
    ...rules.flatMap(({ expression, noData }) => [expression, ...(noData === null ? [] : [noData.expression])]),
    ...recordings.map(({ expression }) => expression),
  ]
  return new Set(expressions.flatMap(metricsOf).filter((metric) => !recorded.has(metric)))
}
