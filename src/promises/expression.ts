import { escapeLabel, type Matcher } from '../core/series/labels.ts'

/**
 * What a rule or a panel asks of the series, as a value: the part of PromQL that Seaworthy speaks. The embedded
 * evaluator reads it, `promql` writes it for Prometheus, and both answer the same.
 */
export type Expression =
  /** A literal as it is written: decimal digits, so that 0.001 stays 0.001. */
  | { readonly kind: 'number'; readonly digits: string }
  | Selector
  /** `rate(selector[window])` and its kin. */
  | { readonly kind: 'over'; readonly call: OverTime; readonly of: Selector; readonly windowMs: number }
  /** By null: over everything, into one series without labels. */
  | {
      readonly kind: 'aggregate'
      readonly call: 'sum' | 'min' | 'max' | 'avg' | 'count'
      readonly of: Expression
      readonly by: readonly string[] | null
    }
  /** `histogram_quantile(q, …)`: for panels and for people; promises stand on a bucket exactly at their limit. */
  | { readonly kind: 'quantile'; readonly digits: string; readonly of: Expression }
  /** On null: all labels have to match. */
  | {
      readonly kind: 'binary'
      readonly op: '+' | '-' | '*' | '/' | Comparison | 'and' | 'or' | 'unless'
      readonly left: Expression
      readonly right: Expression
      readonly on: readonly string[] | null
    }
  | { readonly kind: 'absent'; readonly of: Selector }
  /** Seconds since the epoch. */
  | { readonly kind: 'time' }

export type Comparison = '>' | '>=' | '<' | '<=' | '==' | '!='
export type OverTime =
  | 'rate'
  | 'increase'
  | 'changes'
  | 'avg_over_time'
  | 'min_over_time'
  | 'max_over_time'
  | 'sum_over_time'
  | 'count_over_time'

export interface Selector {
  readonly kind: 'selector'
  readonly metric: string
  readonly matchers: readonly Matcher[]
  /** Looks that far back. @default 0 */
  readonly offsetMs?: number
}

/** The PromQL text of an expression. Every binary operation inside another stands in parentheses: nobody has to know a precedence. */
export function promql(expression: Expression): string {
  switch (expression.kind) {
    case 'number':
      return expression.digits
    case 'selector':
      return `${instantText(expression)}${offsetText(expression)}`
    case 'over':
      return `${expression.call}(${instantText(expression.of)}[${promqlDuration(expression.windowMs)}]${offsetText(expression.of)})`
    case 'aggregate':
      return `${expression.call}${expression.by === null ? '' : ` by (${expression.by.join(', ')}) `}(${promql(expression.of)})`
    case 'quantile':
      return `histogram_quantile(${expression.digits}, ${promql(expression.of)})`
    case 'binary': {
      const { op, left, right, on } = expression
      return `${inParentheses(left)} ${op} ${on === null ? '' : `on (${on.join(', ')}) `}${inParentheses(right)}`
    }
    case 'absent':
      return `absent(${promql(expression.of)})`
    case 'time':
      return 'time()'
  }
}

/** Every metric an expression reads, once each: what has to be exported for it to mean anything. */
export function metricsOf(expression: Expression): readonly string[] {
  switch (expression.kind) {
    case 'number':
    case 'time':
      return []
    case 'selector':
      return [expression.metric]
    case 'over':
    case 'aggregate':
    case 'quantile':
    case 'absent':
      return metricsOf(expression.of)
    case 'binary':
      return [...new Set([...metricsOf(expression.left), ...metricsOf(expression.right)])]
  }
}

/** '5m', '1h30m', '500ms': a duration as Prometheus reads it. */
export function promqlDuration(ms: number): string {
  if (ms === 0) return '0s'
  let rest = ms
  let text = ''
  for (const [unit, size] of UNITS) {
    const count = Math.floor(rest / size)
    if (count > 0) text += `${count}${unit}`
    rest -= count * size
  }
  return text
}

const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
  ['ms', 1],
] as const

function inParentheses(expression: Expression): string {
  return expression.kind === 'binary' ? `(${promql(expression)})` : promql(expression)
}

function instantText({ metric, matchers }: Selector): string {
  const texts = matchers.map(({ label, op, value }) => `${label}${op}"${escapeLabel(value)}"`)
  return texts.length === 0 ? metric : `${metric}{${texts.join(',')}}`
}

function offsetText({ offsetMs = 0 }: Selector): string {
  return offsetMs === 0 ? '' : ` offset ${promqlDuration(offsetMs)}`
}
