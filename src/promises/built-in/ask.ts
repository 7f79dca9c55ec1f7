import type { Matcher } from '../../core/series/labels.ts'
import type { Comparison, Expression, OverTime, Selector } from '../expression.ts'

/** Expressions as rules are written down: the same values as literals, a third of the lines. */

export const MINUTE_MS = 60_000
export const HOUR_MS = 60 * MINUTE_MS
export const DAY_MS = 24 * HOUR_MS

type Operand = Expression | string

export function select(metric: string, ...matchers: readonly (readonly [string, Matcher['op'], string])[]): Selector {
  return { kind: 'selector', metric, matchers: matchers.map(([label, op, value]) => ({ label, op, value })) }
}

export function over(call: OverTime, of: Selector, windowMs: number): Expression {
  return { kind: 'over', call, of, windowMs }
}

export function sum(of: Expression, ...by: readonly string[]): Expression {
  return { kind: 'aggregate', call: 'sum', of, by: by.length === 0 ? null : by }
}

/** `op` with what stands on both sides, where these labels are equal; without any: where all are. */
export function calc(left: Operand, op: '+' | '-' | '*' | '/', right: Operand): Expression {
  return { kind: 'binary', op, left: operand(left), right: operand(right), on: null }
}

export function compare(left: Operand, op: Comparison, right: Operand): Expression {
  return { kind: 'binary', op, left: operand(left), right: operand(right), on: null }
}

export function and(left: Expression, right: Expression, ...on: readonly string[]): Expression {
  return { kind: 'binary', op: 'and', left, right, on: on.length === 0 ? null : on }
}

/** What stands on the left, but for where these labels are equal on the right. */
export function unless(left: Expression, right: Expression, ...on: readonly string[]): Expression {
  return { kind: 'binary', op: 'unless', left, right, on }
}

/** Whatever any of them yields. */
export function anyOf(first: Expression, ...rest: readonly Expression[]): Expression {
  return rest.reduce((left, right) => ({ kind: 'binary', op: 'or', left, right, on: null }), first)
}

/** True for every selector of which there is no series at all. */
export function absentAny(first: Selector, ...rest: readonly Selector[]): Expression {
  return anyOf(absent(first), ...rest.map(absent))
}

export function absent(of: Selector): Expression {
  return { kind: 'absent', of }
}

function operand(of: Operand): Expression {
  return typeof of === 'string' ? { kind: 'number', digits: of } : of
}
