import { seriesKey, type Labels } from '../../../core/series/labels.ts'
import { SCRAPE_MS } from '../../../core/series/series.ts'
import type { AlertRule } from '../../../promises/alert-rule.ts'
import { noDataRule } from '../../../promises/no-data-rule.ts'
import type { Expression } from '../../../promises/expression.ts'
import { edgesOf, tracksOf, type Edge, type Levels, type Scene } from './edges.ts'
import { elementsOf, evaluate } from './evaluate.ts'
import { neighbourOf, selectorsOf, shapesOf, type Shape } from './series-of.ts'
import { isCounter, type Track } from './track.ts'

/** What one alert has to do while series do something. */
export interface Case {
  readonly name: string
  readonly stepMs: number
  readonly untilMs: number
  readonly tracks: readonly Track[]
  readonly checks: readonly Check[]
}

export interface Check {
  readonly atMs: number
  readonly alert: string
  /** The labels of the series that fire; empty: it is silent. */
  readonly firing: readonly Labels[]
}

/** Steps between a change and a check of it: both kinds of Prometheus, and its extrapolation, differ by at most one. */
const MARGIN = 2
/** Steps in the shortest window of a rule. */
const STEPS_MIN = 6
/** A rule looks back this many times its shortest window at most before its steps grow. */
const LONG_STEPS = 100
const STEPS_MS = [1, 3, 6, 30, 90, 360].map((times) => times * SCRAPE_MS)

/**
 * The cases of a rule: at each threshold one that fires and one that does not, a beginning and an end in time, no traffic,
 * no data. The series are found by computing what the rule answers, so that they fit whatever it asks.
 * @returns why there are none, for a rule whose answers cannot be computed or that never fires
 */
export function casesOf(rule: AlertRule): readonly Case[] | string {
  const windows = windowsOf(rule.expression)
  const longestMs = Math.max(0, ...windows.map(({ windowMs, offsetMs }) => windowMs + offsetMs))
  const stepMs = stepFor(
    windows.map(({ windowMs }) => windowMs),
    longestMs,
    rule.forMs,
  )
  const settledMs = roundUp(longestMs, stepMs) + 2 * MARGIN * stepMs
  try {
    const nowMs = Math.max(0, ...windows.filter(({ offsetMs }) => offsetMs === 0).map(({ windowMs }) => windowMs))
    const scene: Scene = {
      expression: rule.expression,
      shapes: shapesOf(rule.expression),
      stepMs,
      atMs: settledMs,
      changedMs: windows.some(({ offsetMs }) => offsetMs > 0) ? settledMs - roundUp(nowMs, stepMs) - stepMs : null,
    }
    const found = edgesOf(scene)
    const [first] = found?.edges ?? []
    if (found === null || first === undefined) return 'no series were found with which it fires'
    const play = playOf(rule, scene, first, longestMs)
    return [
      ...found.edges.flatMap((edge) => edgeCases(rule, scene, edge, play.neighbours)),
      play.lifecycle,
      ...quietCases(rule, scene, first),
    ]
  } catch (thrown) {
    return thrown instanceof Error ? thrown.message : String(thrown)
  }
}

/** Just over a threshold for long enough, and just under it for as long. */
function edgeCases(rule: AlertRule, scene: Scene, edge: Edge, neighbours: readonly Track[]): readonly Case[] {
  const { stepMs, atMs } = scene
  const untilMs = atMs + roundUp(rule.forMs, stepMs) + MARGIN * stepMs
  return (['fires', 'silent'] as const).flatMap((side): readonly Case[] => {
    const tracks = [...tracksOf(scene, edge[side]), ...neighbours]
    const firing = side === 'fires' ? alertLabels(rule, labelsAt(rule.expression, tracks, scene, untilMs)) : []
    // Time itself may carry a world over a threshold that it stood just under.
    if (side === 'silent' && labelsAt(rule.expression, tracks, scene, untilMs).length > 0) return []
    const name = `${rule.name} ${side === 'fires' ? 'fires just over' : 'is silent just under'} threshold ${edge.comparison + 1}`
    return [{ name, stepMs, untilMs, tracks, checks: [{ atMs: untilMs, alert: rule.name, firing }] }]
  })
}

/** Silent, then clearly over the first threshold, then silent again: when it has to begin and end. */
function playOf(
  rule: AlertRule,
  scene: Scene,
  { rest, clearly }: Edge,
  longestMs: number,
): { readonly lifecycle: Case; readonly neighbours: readonly Track[] } {
  const { stepMs, shapes, changedMs } = scene
  const missingName = noDataRule(rule)?.name
  const calm = changedMs === null ? rest : clearly.slice(shapes.length)
  const beginMs = scene.atMs
  const endMs = beginMs + roundUp(longestMs + rule.forMs, stepMs) + 4 * MARGIN * stepMs
  const untilMs = endMs + roundUp(longestMs, stepMs) + 4 * MARGIN * stepMs
  const own = shapes.map((shape, index): Track => ({
    ...track(shape, calm[index]!),
    phases: [
      { fromMs: 0, level: calm[index]! },
      { fromMs: beginMs, level: clearly[index]! },
      { fromMs: endMs, level: calm[index]! },
    ],
  }))
  const neighbours = undisturbing(rule.expression, scene, own, beginMs, steady(shapes.map(neighbourOf), calm))
  const tracks = [...own, ...neighbours, ...presentFor(rule, own)]
  const labelsThen = (atMs: number): readonly Labels[] => labelsAt(rule.expression, tracks, scene, atMs)
  const firstAfter = (fromMs: number, holds: boolean): number | undefined => {
    for (let atMs = fromMs; atMs <= untilMs; atMs += stepMs) if (labelsThen(atMs).length > 0 === holds) return atMs
    return undefined
  }
  const activeMs = firstAfter(beginMs, true) ?? beginMs
  const firedMs = activeMs + roundUp(rule.forMs, stepMs)
  const endedMs = firstAfter(firedMs, false)
  const firing = alertLabels(rule, labelsThen(firedMs))
  const margin = MARGIN * stepMs
  const at = (atMs: number, labels: readonly Labels[]): Check => ({ atMs, alert: rule.name, firing: labels })
  const checks = [
    at(firedMs - margin, []),
    at(firedMs + margin, firing),
    ...(endedMs === undefined ? [] : [at(endedMs - margin, firing), at(endedMs + margin, [])]),
    ...(missingName === undefined ? [] : [{ atMs: firedMs + margin, alert: missingName, firing: [] }]),
  ].filter(({ atMs }) => atMs >= 0 && atMs <= untilMs)
  return { lifecycle: { name: `${rule.name} begins and ends in time`, stepMs, untilMs, tracks, checks }, neighbours }
}

/** What a rule's other half looks for is there, where the rule itself does not look at it. */
function presentFor({ noData }: AlertRule, own: readonly Track[]): readonly Track[] {
  const known = new Set(own.map(({ metric, labels }) => seriesKey(metric, labels)))
  const shapes = noData === null ? [] : shapesOf(noData.expression)
  return steady(
    shapes.filter(({ metric, labels }) => !known.has(seriesKey(metric, labels))),
    shapes.map(() => 1),
  )
}

/** Nothing moves, and nothing is there. */
function quietCases(rule: AlertRule, scene: Scene, { rest }: Edge): readonly Case[] {
  const { stepMs, shapes, atMs } = scene
  const still = steady(shapes, rest.slice(0, shapes.length)).map((each) =>
    each.kind === 'counter' ? flat(each) : each,
  )
  const untilMs = atMs + roundUp(rule.forMs, stepMs) + MARGIN * stepMs
  const goneMs = roundUp(Math.max(rule.forMs, rule.noData?.forMs ?? 0), stepMs) + 2 * MARGIN * stepMs
  const silent = (at: number): Check => ({ atMs: at, alert: rule.name, firing: [] })
  const noTraffic: Case = {
    name: `${rule.name} is silent without traffic`,
    stepMs,
    untilMs,
    tracks: still,
    checks: [silent(shapes.some(({ metric }) => isCounter(metric)) ? untilMs : atMs)],
  }
  const { noData } = rule
  const missingName = noDataRule(rule)?.name
  const missing: readonly Check[] =
    noData === null || missingName === undefined
      ? []
      : [
          {
            atMs: goneMs,
            alert: missingName,
            firing: alertLabels(
              rule,
              elementsOf(evaluate(noData.expression, { tracks: [], stepMs }, goneMs)).map(({ labels }) => labels),
            ),
          },
          { atMs: roundUp(noData.forMs, stepMs) - MARGIN * stepMs, alert: missingName, firing: [] },
        ].filter((check) => check.atMs >= 0)
  return [
    noTraffic,
    {
      name: `${rule.name} is silent without data${missingName === undefined ? '' : ', which is told'}`,
      stepMs,
      untilMs: goneMs,
      tracks: [],
      checks: [silent(goneMs), ...missing],
    },
  ]
}

/** Tracks of a neighbour, where they change nothing of what the rule says: everything is summed up where they do. */
function undisturbing(
  expression: Expression,
  scene: Scene,
  own: readonly Track[],
  beginMs: number,
  neighbours: readonly Track[],
): readonly Track[] {
  const known = new Set(own.map(({ metric, labels }) => seriesKey(metric, labels)))
  const others = neighbours.filter(({ metric, labels }) => !known.has(seriesKey(metric, labels)))
  const say = (tracks: readonly Track[], atMs: number): string =>
    JSON.stringify(labelsAt(expression, tracks, scene, atMs).map((labels) => seriesKey('', labels)))
  const instants = Array.from({ length: INSTANTS }, (_, index) => beginMs + index * (beginMs / INSTANTS))
  return instants.every((atMs) => say(own, atMs) === say([...own, ...others], atMs)) ? others : []
}

/** At how many instants of a play its neighbours are asked whether they disturb. */
const INSTANTS = 8

function labelsAt(
  expression: Expression,
  tracks: readonly Track[],
  { stepMs }: Scene,
  atMs: number,
): readonly Labels[] {
  return elementsOf(evaluate(expression, { tracks, stepMs }, atMs)).map(({ labels }) => labels)
}

function alertLabels(rule: AlertRule, all: readonly Labels[]): readonly Labels[] {
  return all.map((labels) => ({ ...labels, ...rule.labels }))
}

function steady(shapes: readonly Shape[], levels: Levels): readonly Track[] {
  return shapes.map((shape, index) => track(shape, levels[index]!))
}

function track({ metric, labels }: Shape, level: number): Track {
  return { metric, labels, kind: isCounter(metric) ? 'counter' : 'gauge', phases: [{ fromMs: 0, level }] }
}

function flat(each: Track): Track {
  return { ...each, phases: [{ fromMs: 0, level: 0 }] }
}

function windowsOf(expression: Expression): readonly { windowMs: number; offsetMs: number }[] {
  switch (expression.kind) {
    case 'over':
      return [{ windowMs: expression.windowMs, offsetMs: expression.of.offsetMs ?? 0 }]
    case 'aggregate':
    case 'quantile':
      return windowsOf(expression.of)
    case 'binary':
      return [...windowsOf(expression.left), ...windowsOf(expression.right)]
    default:
      return selectorsOf(expression).map(({ offsetMs = 0 }) => ({ windowMs: 0, offsetMs }))
  }
}

/** The longest step of which the shortest window, and the patience, have enough; ten seconds where there is none. */
function stepFor(windows: readonly number[], longestMs: number, forMs: number): number {
  const shortestMs = Math.min(...windows.filter((windowMs) => windowMs > 0))
  if (shortestMs === Infinity) return SCRAPE_MS
  // Of a comparison with last week every step is one of thousands: there the patience is looked at less closely.
  const isLong = longestMs > LONG_STEPS * shortestMs
  const isFine = (stepMs: number): boolean =>
    stepMs * STEPS_MIN <= shortestMs && (forMs === 0 || isLong || stepMs * (MARGIN + 1) <= forMs)
  return STEPS_MS.findLast(isFine) ?? SCRAPE_MS
}

function roundUp(ms: number, stepMs: number): number {
  return Math.ceil(ms / stepMs) * stepMs
}
