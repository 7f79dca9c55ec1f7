import type { Matcher, Labels } from '../../../core/series/labels.ts'
import { LOOKBACK_MS, type Series } from '../../../core/series/series.ts'
import type { LeftEdge } from '../../../core/series/window.ts'
import type { Expression, Selector } from '../../../promises/expression.ts'
import { isSetOperator, kindOf } from '../../../promises/expression/kind.ts'
import { arithmetic } from '../../../promises/expression/operators.ts'
import type { Columns } from '../columns.ts'
import { checkRange, stepsOf, type Range, type Value } from '../query.ts'
import { aggregate } from './aggregate.ts'
import { oneToOne, setOperation, withNumber } from './binary.ts'
import { emptyLine, merged, put, timeOf, type Line, type Steps } from './lines.ts'
import { overTimeLine } from './over-time.ts'
import { histogramQuantile } from './quantile.ts'
import { instantLine } from './select.ts'

/**
 * Where the samples come from: those of the series that a selector names, from `fromMs` to `toMs`, both included. What lies
 * outside may be among them; the selector's own offset is already in the times.
 */
export type Source = (selector: Selector, fromMs: number, toMs: number) => readonly Columns[]

/** Whose rule for the left edge of windows holds. @default 'open', as Prometheus 3 */
export interface Edge {
  readonly edge?: LeftEdge
}

/** What an expression yields at an instant, as Prometheus' `query` does. */
export function evaluateAt(
  expression: Expression,
  atMs: number,
  source: Source,
  { edge = 'open' }: Edge = {},
): Value[] {
  const steps = { startMs: atMs, stepMs: 1, count: 1 }
  return linesOf(expression, { steps, source, edge }).flatMap(({ metric, labels, present, values }) =>
    present[0] === 1 ? [{ metric, labels, value: values[0]! }] : [],
  )
}

/**
 * What an expression yields at each step of a range, as Prometheus' `query_range` does.
 * @throws Problem `series.too-much` for more steps than one answer may have
 */
export function evaluateOver(
  expression: Expression,
  range: Range,
  source: Source,
  { edge = 'open' }: Edge = {},
): Series[] {
  checkRange(range)
  const steps = { startMs: range.startMs, stepMs: range.stepMs, count: stepsOf(range) }
  return linesOf(expression, { steps, source, edge }).flatMap(({ metric, labels, present, values }) => {
    const samples = Array.from(values, (value, step) => ({ atMs: timeOf(steps, step), value }))
    const those = samples.filter((_, step) => present[step] === 1)
    return those.length === 0 ? [] : [{ metric, labels, samples: those }]
  })
}

interface Context {
  readonly steps: Steps
  readonly source: Source
  readonly edge: LeftEdge
}

function linesOf(expression: Expression, context: Context): readonly Line[] {
  const { steps } = context
  if (kindOf(expression) === 'vector') return vectorOf(expression, context)
  const line = emptyLine(null, {}, steps)
  for (const [step, number] of numbersOf(expression, steps).entries()) put(line, step, number)
  return [line]
}

/** A number for each step. */
function numbersOf(expression: Expression, steps: Steps): Float64Array {
  switch (expression.kind) {
    case 'number':
      return new Float64Array(steps.count).fill(Number(expression.digits))
    case 'time':
      return Float64Array.from({ length: steps.count }, (_, step) => timeOf(steps, step) / 1_000)
    case 'binary': {
      const { op, left, right } = expression
      const [ones, others] = [numbersOf(left, steps), numbersOf(right, steps)]
      // `kindOf` has let through arithmetic alone.
      return ones.map((one, step) => arithmetic(op as '+', one, others[step]!))
    }
    default:
      throw new Error(`no number: ${expression.kind}`)
  }
}

function vectorOf(expression: Expression, context: Context): readonly Line[] {
  const { steps } = context
  switch (expression.kind) {
    case 'selector':
      return selected(expression, context)
    case 'over': {
      const { of, call, windowMs } = expression
      const looking = { offsetMs: of.offsetMs ?? 0, edge: context.edge }
      const columns = read(of, windowMs, context)
      return merged(columns.map((each) => overTimeLine(each, steps, { ...looking, call, windowMs })))
    }
    case 'aggregate':
      return aggregate(vectorOf(expression.of, context), steps, expression)
    case 'quantile':
      return histogramQuantile(Number(expression.digits), vectorOf(expression.of, context), steps)
    case 'absent':
      return [absentLine(expression.of, context)]
    case 'binary':
      return binary(expression, context)
    default:
      throw new Error(`no series: ${expression.kind}`)
  }
}

function binary(expression: Expression & { kind: 'binary' }, context: Context): readonly Line[] {
  const { op, left, right, on } = expression
  const { steps } = context
  if (isSetOperator(op)) return setOperation(vectorOf(left, context), vectorOf(right, context), { op, on, steps })
  if (kindOf(left) === 'scalar')
    return withNumber(vectorOf(right, context), numbersOf(left, steps), { op, isNumberLeft: true })
  if (kindOf(right) === 'scalar')
    return withNumber(vectorOf(left, context), numbersOf(right, steps), { op, isNumberLeft: false })
  return oneToOne(vectorOf(left, context), vectorOf(right, context), { op, on, steps })
}

function selected(selector: Selector, context: Context): readonly Line[] {
  const looking = { offsetMs: selector.offsetMs ?? 0, edge: context.edge }
  return read(selector, LOOKBACK_MS, context).map((columns) => instantLine(columns, context.steps, looking))
}

function read(selector: Selector, backMs: number, { steps, source }: Context): readonly Columns[] {
  const offsetMs = selector.offsetMs ?? 0
  const lastMs = timeOf(steps, steps.count - 1)
  return steps.count === 0 ? [] : source(selector, steps.startMs - offsetMs - backMs, lastMs - offsetMs)
}

/** 1 where the selector finds nothing, with the labels that it names by equality. */
function absentLine(selector: Selector, context: Context): Line {
  const found = selected(selector, context)
  const line = emptyLine(null, equalitiesOf(selector.matchers), context.steps)
  for (let step = 0; step < context.steps.count; step++)
    if (found.every(({ present }) => present[step] === 0)) put(line, step, 1)
  return line
}

/** A label that is named twice, or in another way as well, says nothing. */
function equalitiesOf(matchers: readonly Matcher[]): Labels {
  const once = matchers.filter(({ label }) => matchers.filter((other) => other.label === label).length === 1)
  const equal = once.filter(({ op, value }) => op === '=' && value !== '')
  return Object.fromEntries(equal.map(({ label, value }) => [label, value]))
}
