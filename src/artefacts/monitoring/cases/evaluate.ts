import { compileMatchers, only, seriesKey, type Labels, type Matcher } from '../../../core/series/labels.ts'
import type { Expression, OverTime, Selector } from '../../../promises/expression.ts'
import { isComparison, isSetOperator } from '../../../promises/expression/kind.ts'
import { resultOf } from '../../../promises/expression/operators.ts'
import { levelAt, levelsWithin, type Track } from './track.ts'

export interface Element {
  readonly labels: Labels
  readonly value: number
}
type Answer = number | readonly Element[]

export interface World {
  readonly tracks: readonly Track[]
  /** Between two samples: what counts samples depends on it. */
  readonly stepMs: number
}

/**
 * What an expression answers over tracks at an instant, as Prometheus would over samples of them. Used to find series with
 * which a rule fires and with which it does not: the real Prometheus then says whether that is true.
 * @throws Error for what it cannot compute: quantiles
 */
export function evaluate(expression: Expression, world: World, atMs: number): Answer {
  const value = (of: Expression): Answer => evaluate(of, world, atMs)
  switch (expression.kind) {
    case 'number':
      return Number(expression.digits)
    case 'time':
      return atMs / 1_000
    case 'selector': {
      const at = atMs - (expression.offsetMs ?? 0)
      return matching(expression, world).map((track) => ({ labels: track.labels, value: shownAt(track, at) }))
    }
    case 'over': {
      const window = { atMs: atMs - (expression.of.offsetMs ?? 0), windowMs: expression.windowMs }
      return matching(expression.of, world).map((track) => ({
        labels: track.labels,
        value: overWindow(expression.call, track, window, world.stepMs),
      }))
    }
    case 'aggregate':
      return aggregate(expression.call, expression.by, elementsOf(value(expression.of)))
    case 'absent':
      return matching(expression.of, world).length > 0 ? [] : [{ labels: equalities(expression.of.matchers), value: 1 }]
    case 'binary':
      return binary(expression, value(expression.left), value(expression.right))
    case 'quantile':
      throw new Error('a quantile is no line')
  }
}

/** The same, where only a vector makes sense. */
export function elementsOf(answer: Answer): readonly Element[] {
  return typeof answer === 'number' ? [{ labels: {}, value: answer }] : answer
}

function matching(selector: Selector, { tracks }: World): readonly Track[] {
  const test = TESTS.get(selector) ?? compileMatchers(selector.matchers)
  TESTS.set(selector, test)
  return tracks.filter((track) => track.metric === selector.metric && test(track.labels))
}

/** The same selector is asked thousands of times. */
const TESTS = new WeakMap<Selector, (labels: Labels) => boolean>()

/** A counter has no level of its own that a rule could ask for: what it has counted depends on when it began. */
function shownAt(track: Track, atMs: number): number {
  if (track.kind === 'counter') throw new Error(`${track.metric} is asked for without rate or increase`)
  return levelAt(track, atMs)
}

function overWindow(
  call: OverTime,
  track: Track,
  window: { readonly atMs: number; readonly windowMs: number },
  stepMs: number,
): number {
  const levels = levelsWithin(track, window)
  const mean = levels.reduce((sum, { level, share }) => sum + level * share, 0)
  const seconds = window.windowMs / 1_000
  const samples = window.windowMs / stepMs
  switch (call) {
    case 'rate':
      return mean
    case 'increase':
      return mean * seconds
    case 'avg_over_time':
      return mean
    case 'sum_over_time':
      return mean * samples
    case 'count_over_time':
      return samples
    case 'min_over_time':
      return Math.min(...levels.map(({ level }) => level))
    case 'max_over_time':
      return Math.max(...levels.map(({ level }) => level))
    case 'changes':
      return levels.filter(({ level }, index) => index > 0 && level !== levels[index - 1]!.level).length
  }
}

function aggregate(
  call: 'sum' | 'min' | 'max' | 'avg' | 'count',
  by: readonly string[] | null,
  elements: readonly Element[],
): readonly Element[] {
  const groups = Map.groupBy(elements, ({ labels }) => seriesKey('', only(labels, by ?? [])))
  return [...groups.values()].map((group) => {
    const values = group.map(({ value }) => value)
    const sum = values.reduce((total, value) => total + value, 0)
    const results = { sum, min: Math.min(...values), max: Math.max(...values), avg: sum / values.length }
    return {
      labels: only(group[0]!.labels, by ?? []),
      value: call === 'count' ? values.length : results[call],
    }
  })
}

function binary({ op, on }: Extract<Expression, { kind: 'binary' }>, left: Answer, right: Answer): Answer {
  const key = (labels: Labels): string => seriesKey('', on === null ? labels : only(labels, on))
  if (isSetOperator(op)) {
    const [ones, others] = [elementsOf(left), elementsOf(right)]
    const [leftKeys, rightKeys] = [ones, others].map((all) => new Set(all.map(({ labels }) => key(labels)))) as [
      Set<string>,
      Set<string>,
    ]
    if (op === 'or') return [...ones, ...others.filter(({ labels }) => !leftKeys.has(key(labels)))]
    return ones.filter(({ labels }) => rightKeys.has(key(labels)) === (op === 'and'))
  }
  if (typeof left === 'number' && typeof right === 'number') return resultOf(op, left, right) ?? []
  const pairs: readonly (readonly [Labels, number, number])[] =
    typeof right === 'number'
      ? elementsOf(left).map(({ labels, value }) => [labels, value, right])
      : typeof left === 'number'
        ? right.map(({ labels, value }) => [labels, left, value])
        : left.flatMap(({ labels, value }) => {
            const other = right.find((element) => key(element.labels) === key(labels))
            return other === undefined ? [] : [[on === null ? labels : only(labels, on), value, other.value] as const]
          })
  return pairs.flatMap(([labels, one, other]) => {
    const value = resultOf(op, one, other)
    if (value === null) return []
    // Compared with a number, it is always the series' value that stays.
    return [{ labels, value: isComparison(op) && typeof left === 'number' ? other : value }]
  })
}

function equalities(matchers: readonly Matcher[]): Labels {
  return Object.fromEntries(matchers.filter(({ op }) => op === '=').map(({ label, value }) => [label, value]))
}
