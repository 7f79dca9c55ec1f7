import type { Comparison, Expression } from '../expression.ts'
import { isComparison } from './kind.ts'

/** Operators between two numbers; `and`, `or` and `unless` join series instead. */
export type NumberOperator = Exclude<(Expression & { kind: 'binary' })['op'], 'and' | 'or' | 'unless'>
type Arithmetic = Exclude<NumberOperator, Comparison>

/** What is computed of two numbers, or the left one of two that are compared; null: filtered out. */
export function resultOf(op: NumberOperator, left: number, right: number): number | null {
  if (!isComparison(op)) return arithmetic(op, left, right)
  return holds(op, left, right) ? left : null
}

/** Arithmetic of two numbers: by zero it is NaN or infinite, as in Prometheus. */
export function arithmetic(op: Arithmetic, left: number, right: number): number {
  switch (op) {
    case '+':
      return left + right
    case '-':
      return left - right
    case '*':
      return left * right
    case '/':
      return left / right
  }
}

/** Nothing is greater than NaN, nor less, nor equal. */
function holds(op: Comparison, left: number, right: number): boolean {
  switch (op) {
    case '>':
      return left > right
    case '>=':
      return left >= right
    case '<':
      return left < right
    case '<=':
      return left <= right
    case '==':
      return left === right
    case '!=':
      return left !== right
  }
}
