import type { Expression } from '../../../promises/expression.ts'
import { isComparison } from '../../../promises/expression/kind.ts'
import { elementsOf, evaluate, type Element, type World } from './evaluate.ts'
import type { Shape } from './series-of.ts'
import { isCounter, type Track } from './track.ts'

/**
 * A level for each shape: of a counter its growth per second, of a gauge its value. Where a scene compares with the past, a
 * second one for each shape follows: what it was before `changedMs`.
 */
export type Levels = readonly number[]

/** Two worlds on the two sides of one threshold of a rule, as close to it as `NEAR` says. */
export interface Edge {
  /** The comparison as its place among those of the expression. */
  readonly comparison: number
  readonly fires: Levels
  readonly silent: Levels
  /** Beyond the threshold by a factor of two, or as far as it goes. */
  readonly clearly: Levels
  /** Where the search began: silent beyond doubt. */
  readonly rest: Levels
}

/** What a rule can see. */
export interface Scene {
  readonly expression: Expression
  readonly shapes: readonly Shape[]
  readonly stepMs: number
  /** The instant at which it is judged, for what depends on the time. */
  readonly atMs: number
  /** Where the rule compares with the past: when that ended. Null: it does not. */
  readonly changedMs: number | null
}

/** How far from a threshold an edge stands, relative to it; and how far `clearly` does. */
const NEAR = 0.01
const CLEAR = 0.5
const TRIES = 20_000
const TRIES_ALONE = 500
const HALVINGS = 60

/** Levels with which the rule fires, and for each of its comparisons the edge at which that one decides. Null: none found. */
export function edgesOf(scene: Scene): { readonly fires: Levels; readonly edges: readonly Edge[] } | null {
  const comparisons = comparisonsOf(scene.expression)
  const fires = search(
    scene,
    (levels) => truthOf(scene, levels) && comparisons.every((each) => isDefined(scene, each, levels)),
  )
  if (fires === null) return null
  const edges = comparisons.flatMap((comparison, index): readonly Edge[] => {
    const turns = (levels: Levels): boolean =>
      !truthOf(scene, levels) && !holds(scene, comparison, levels) && isDefined(scene, comparison, levels)
    const alone = (levels: Levels): boolean =>
      turns(levels) && comparisons.every((each, at) => at === index || holds(scene, each, levels))
    // Two windows over the same series turn together: then the others may.
    const rest = nearest(scene, fires, alone) ?? search(scene, alone, TRIES_ALONE) ?? nearest(scene, fires, turns)
    return rest === null ? [] : [{ comparison: index, ...tighten(scene, comparison, fires, rest) }]
  })
  const distinct = new Map(edges.map((edge) => [JSON.stringify([edge.fires, edge.silent]), edge]))
  return { fires, edges: [...distinct.values()] }
}

export function truthOf(scene: Scene, levels: Levels): boolean {
  return isTrue(scene, scene.expression, levels)
}

/** Every comparison of an expression, in the order of its text. */
export function comparisonsOf(expression: Expression): readonly Expression[] {
  if (expression.kind === 'aggregate') return comparisonsOf(expression.of)
  if (expression.kind !== 'binary') return []
  const below = [...comparisonsOf(expression.left), ...comparisonsOf(expression.right)]
  return isComparison(expression.op) ? [expression, ...below] : below
}

function holds(scene: Scene, comparison: Expression, levels: Levels): boolean {
  return isTrue(scene, comparison, levels)
}

function isTrue(scene: Scene, expression: Expression, levels: Levels): boolean {
  return elementsOf(evaluate(expression, worldOf(scene, levels), scene.atMs)).length > 0
}

function worldOf(scene: Scene, levels: Levels): World {
  return { stepMs: scene.stepMs, tracks: tracksOf(scene, levels) }
}

/** The series of a scene at these levels, from the beginning on. */
export function tracksOf({ shapes, changedMs }: Scene, levels: Levels): readonly Track[] {
  return shapes.map(({ metric, labels }, index) => ({
    metric,
    labels,
    kind: isCounter(metric) ? 'counter' : 'gauge',
    phases:
      changedMs === null
        ? [{ fromMs: 0, level: levels[index]! }]
        : [
            { fromMs: 0, level: levels[shapes.length + index]! },
            { fromMs: changedMs, level: levels[index]! },
          ],
  }))
}

/** Changes one level at a time: what differs in one series shows best what decides. */
function nearest(scene: Scene, from: Levels, wanted: (levels: Levels) => boolean): Levels | null {
  for (const [index] of from.entries()) {
    for (const level of candidatesOf(scene, index)) {
      const levels = from.with(index, level)
      if (isPossible(scene, levels) && wanted(levels)) return levels
    }
  }
  return null
}

/** The same search with the same numbers on every run. */
function search(scene: Scene, wanted: (levels: Levels) => boolean, triesMax = TRIES): Levels | null {
  const times = scene.changedMs === null ? 1 : 2
  const candidates = Array.from({ length: times * scene.shapes.length }, (_, index) => candidatesOf(scene, index))
  const random = numbers(1)
  for (let tries = 0; tries < triesMax; tries++) {
    const levels = candidates.map((each) => each[Math.floor(random() * each.length)]!)
    if (isPossible(scene, levels) && wanted(levels)) return levels
  }
  return null
}

/** A bucket holds no more than its histogram counts. */
function isPossible({ shapes }: Scene, levels: Levels): boolean {
  return shapes.every(({ metric }, index) => {
    if (!metric.endsWith('_bucket')) return true
    const count = shapes.findIndex((shape) => shape.metric === metric.replace(/_bucket$/, '_count'))
    return count < 0 || levels[index]! <= levels[count]!
  })
}

function candidatesOf({ expression, shapes, atMs }: Scene, index: number): readonly number[] {
  const { metric } = shapes[index % shapes.length]!
  if (isSwitch(metric)) return [1, 0]
  const literals = literalsOf(expression)
  const around = (each: number): readonly number[] => [each / 2, each * 2]
  // So many in a window are so many per second.
  const inWindow = literals.flatMap((each) => around((each * 1_000) / Math.max(atMs, 1)))
  const plain = [10, 1, 0, 0.1, 100, 10_000, ...literals.flatMap(around), ...inWindow]
  if (isCounter(metric)) return plain
  const now = atMs / 1_000
  return metric.includes('timestamp')
    ? literals.flatMap((each) => around(each).flatMap((by) => [now - by, now + by]))
    : plain
}

/** 1 or 0. */
function isSwitch(metric: string): boolean {
  return /_up$|_live$/.test(metric)
}

function literalsOf(expression: Expression): readonly number[] {
  if (expression.kind === 'number') return [Number(expression.digits)]
  if (expression.kind === 'binary') return [...literalsOf(expression.left), ...literalsOf(expression.right)]
  return expression.kind === 'aggregate' ? literalsOf(expression.of) : []
}

/** Halves the way between two worlds until both stand near the threshold. */
function tighten(
  scene: Scene,
  comparison: Expression,
  fires: Levels,
  rest: Levels,
): Pick<Edge, 'fires' | 'silent' | 'clearly' | 'rest'> {
  const between = (share: number): Levels => rest.map((level, index) => level + (fires[index]! - level) * share)
  // Up or down: there is nothing in between.
  if (scene.shapes.some(({ metric }, index) => isSwitch(metric) && fires[index] !== rest[index])) {
    return { fires, silent: rest, clearly: fires, rest }
  }
  const threshold = halve([0, 1], (share) => truthOf(scene, between(share)))
  // Where it fires all of them hold, and one that stood on its own threshold would be decided by how a sum is rounded.
  const all = comparisonsOf(scene.expression)
  const sides = (truth: boolean): readonly Expression[] => (truth ? all : [comparison])
  const away = (truth: boolean, distance: number): Levels => {
    const end = truth ? 1 : 0
    const isFine = (share: number): boolean =>
      truthOf(scene, between(share)) === truth &&
      sides(truth).every((each) => distanceOf(scene, each, between(share)) >= distance)
    return isFine(end) ? between(halve([threshold, end], isFine)) : between(end)
  }
  return { fires: away(true, NEAR), silent: away(false, NEAR), clearly: away(true, CLEAR), rest }
}

/** The first place on the way from `from` to `to` at which it is fine, as it is at `to`. */
function halve([from, to]: readonly [number, number], isFine: (at: number) => boolean): number {
  let [near, far] = [from, to]
  for (let halving = 0; halving < HALVINGS; halving++) {
    const middle = (near + far) / 2
    if (isFine(middle)) far = middle
    else near = middle
  }
  return far
}

/** Whether both sides of a comparison are numbers: a division by nothing is no threshold. */
function isDefined(scene: Scene, comparison: Expression, levels: Levels): boolean {
  return sidesOf(scene, comparison, levels).every((side) => side === undefined || Number.isFinite(side.value))
}

function sidesOf(scene: Scene, comparison: Expression, levels: Levels): readonly (Element | undefined)[] {
  if (comparison.kind !== 'binary') return []
  const world = worldOf(scene, levels)
  return [comparison.left, comparison.right].map((side) => elementsOf(evaluate(side, world, scene.atMs))[0])
}

/** How far both sides of a comparison are from each other, relative to the larger one. */
function distanceOf(scene: Scene, comparison: Expression, levels: Levels): number {
  const [left, right] = sidesOf(scene, comparison, levels)
  if (left === undefined || right === undefined) return 1
  // From zero everything is equally far.
  if (left.value === 0 || right.value === 0) return 0
  return Math.abs(left.value - right.value) / Math.max(Math.abs(left.value), Math.abs(right.value))
}

/** Numbers from 0 to 1 that look random and are the same every time (mulberry32). */
function numbers(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
