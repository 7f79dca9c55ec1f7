import { Problem } from '../../core/problem.ts'
import { promql, type Comparison, type Expression } from '../expression.ts'

/** What an expression yields at an instant: one number, or one value for each of any number of series. */
export type Kind = 'scalar' | 'vector'

/**
 * What an expression yields; it is the same at every instant.
 * @throws Problem `promise.expression` for what Prometheus would refuse as well
 */
export function kindOf(expression: Expression): Kind {
  switch (expression.kind) {
    case 'number':
    case 'time':
      return 'scalar'
    case 'selector':
    case 'absent':
      return 'vector'
    case 'over':
      if (!(expression.windowMs > 0)) throw wrong(expression, 'its window has to be longer than nothing')
      return 'vector'
    case 'aggregate':
    case 'quantile':
      if (kindOf(expression.of) === 'scalar') throw wrong(expression, 'it needs series, and is given a number')
      return 'vector'
    case 'binary':
      return kindOfBinary(expression)
  }
}

export function isComparison(op: string): op is Comparison {
  return COMPARISONS.has(op)
}

export function isSetOperator(op: string): op is 'and' | 'or' | 'unless' {
  return SET_OPERATORS.has(op)
}

const COMPARISONS: ReadonlySet<string> = new Set(['>', '>=', '<', '<=', '==', '!='])
const SET_OPERATORS: ReadonlySet<string> = new Set(['and', 'or', 'unless'])

function kindOfBinary(expression: Expression & { kind: 'binary' }): Kind {
  const { op, left, right, on } = expression
  const kinds = [kindOf(left), kindOf(right)]
  const scalars = kinds.filter((kind) => kind === 'scalar').length
  if (scalars === 0) return 'vector'
  if (isSetOperator(op)) throw wrong(expression, `'${op}' joins series, not numbers`)
  if (on !== null) throw wrong(expression, "'on' stands between series only")
  if (scalars === 1) return 'vector'
  if (isComparison(op)) throw wrong(expression, 'two numbers cannot be compared: nothing is left to be filtered')
  return 'scalar'
}

function wrong(expression: Expression, why: string): Problem {
  return new Problem('promise.expression', `cannot evaluate '${promql(expression)}': ${why}`, {
    hint: 'What Seaworthy understands of PromQL: docs/guides/metrics.md.',
  })
}
