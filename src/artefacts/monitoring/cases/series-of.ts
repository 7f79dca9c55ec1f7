import { compileMatchers, seriesKey, type Labels, type Matcher } from '../../../core/series/labels.ts'
import type { Expression, Selector } from '../../../promises/expression.ts'
import { metricOf } from '../../../promises/metrics/catalogue.ts'

/** A series that an expression looks at, with labels as real ones have. */
export interface Shape {
  readonly metric: string
  readonly labels: Labels
  /** Labels that no selector of the metric asks for: those that tell one instance or service from another. */
  readonly free: readonly string[]
}

/** Every selector of an expression, in the order of its text. */
export function selectorsOf(expression: Expression): readonly Selector[] {
  switch (expression.kind) {
    case 'number':
    case 'time':
      return []
    case 'selector':
      return [expression]
    case 'over':
    case 'absent':
      return [expression.of]
    case 'aggregate':
    case 'quantile':
      return selectorsOf(expression.of)
    case 'binary':
      return [...selectorsOf(expression.left), ...selectorsOf(expression.right)]
  }
}

/** One series for each selector: the fewest with which every part of an expression has something to look at. */
export function shapesOf(expression: Expression): readonly Shape[] {
  const selectors = selectorsOf(expression)
  const shapes = selectors.map((selector): Shape => {
    const asked = new Set(
      selectors
        .filter(({ metric }) => metric === selector.metric)
        .flatMap(({ matchers }) => matchers.map(({ label }) => label)),
    )
    const known = metricOf(selector.metric)?.labels ?? []
    const names = [...new Set([...known, ...asked])].toSorted()
    const labels = Object.fromEntries(names.map((name) => [name, valueFor(name, selector.matchers)]))
    return { metric: selector.metric, labels, free: names.filter((name) => !asked.has(name)) }
  })
  const byKey = new Map(shapes.map((shape) => [seriesKey(shape.metric, shape.labels), shape]))
  return [...byKey.values()]
}

/** Values tried for a label that a pattern is about. */
const CANDIDATES: Readonly<Record<string, readonly string[]>> = {
  status: ['2xx', '5xx'],
  mode: ['user', 'system'],
  outcome: ['sent', 'failed'],
  watch: ['service/api'],
}

function valueFor(label: string, matchers: readonly Matcher[]): string {
  const asked = matchers.filter((matcher) => matcher.label === label)
  if (asked.length === 0) return USUAL[label] ?? `${label}-1`
  const offered = asked.flatMap(({ op, value }) =>
    op === '=' ? [value] : op === '=~' ? value.split('|').filter(isPlain) : [],
  )
  const test = compileMatchers(asked)
  const found = [...offered, ...(CANDIDATES[label] ?? []), 'one', 'other'].find(
    (value) => value !== '' && test({ [label]: value }),
  )
  if (found === undefined) throw new Error(`no value of ${label} is known that its matchers take`)
  return found
}

/** Whether an alternative of a pattern stands for itself. */
function isPlain(pattern: string): boolean {
  return !/[+*?()[\]{}\\^$]/.test(pattern)
}

/** What such labels usually say. */
const USUAL: Readonly<Record<string, string>> = {
  service: 'api',
  instance: 'api-1',
  release: 'r1',
  status: '2xx',
  need: 'db',
  kind: 'postgres',
  mount: '/',
  device: 'eth0',
  direction: 'in',
}

/** The same series of another service, instance or need: all its free labels differ. */
export function neighbourOf({ metric, labels, free }: Shape): Shape {
  const others = Object.fromEntries(free.map((name) => [name, `${labels[name]}-neighbour`]))
  return { metric, labels: { ...labels, ...others }, free }
}
