import type { ResolvedWatch } from '../config/resolved.ts'
import { LATENCY_BOUNDS_MS, quantile } from '../core/histogram.ts'
import { isWorse, OLD_RATIO_FACTOR, ratioOf, type Share } from './proportions.ts'
import { ERRORS_MIN, LATENCY_DIFFERENCE_MIN_MS, LATENCY_SAMPLE_MIN, type Sample } from './watch.ts'

/** What both releases have answered up to an instant: cumulative, users' requests and the witness's apart. */
export interface Look {
  readonly users: Sides
  readonly witness: Sides
}

/** The release on trial and the live one. */
export interface Sides {
  readonly next: Sample
  readonly old: Sample
}

/** What one release answered within a stretch of time. */
export interface Figures {
  readonly answers: number
  readonly errors: number
  /** Milliseconds; null when nothing was answered. */
  readonly p95Ms: number | null
}

export interface Comparison {
  readonly users: { readonly next: Figures; readonly old: Figures }
  readonly witness: { readonly next: Figures; readonly old: Figures }
}

export type Verdict =
  | { readonly kind: 'passed' }
  /** Neither good nor bad can be said: too few answers, or errors that may be chance. */
  | { readonly kind: 'inconclusive'; readonly because: string }
  | { readonly kind: 'breach'; readonly because: string }

export interface AnalysisLimits extends Pick<ResolvedWatch, 'errors' | 'p95Ratio'> {
  /** Answers of the release on trial, either users' or the witness's, below which nothing passes. */
  readonly sample: number
}

/** Nothing is said about latency earlier in a step. */
const LATENCY_AFTER_MS = 2_000
/** Of a release's answers, this share may be slower than its p95 by definition. */
const SLOW_SHARE = 0.05

/**
 * Judges one step of a trial by what both releases answered since its beginning: `looks` in time order, the first one from
 * there. Users are compared with users and the witness with the witness, so that a different mix of requests decides
 * nothing. A breach is found as soon as the counts leave no doubt, be it after three answers; passing needs `sample` answers
 * of one group, so many that its latency was judged: what nobody could judge has not passed.
 */
export function judge(looks: readonly Look[], limits: AnalysisLimits): Verdict {
  const groups = [
    { name: 'users', sides: looks.map(({ users }) => users) },
    { name: 'witness', sides: looks.map(({ witness }) => witness) },
  ] as const
  for (const { name, sides } of groups) {
    const because = errorBreach(name, sides, limits) ?? latencyBreach(name, sides, limits)
    if (because !== null) return { kind: 'breach', because }
  }
  const answers = Math.max(...groups.map(({ sides }) => stretch(sides, 'next').answers))
  if (answers < limits.sample) {
    return { kind: 'inconclusive', because: `${answers} of the ${limits.sample} answers needed` }
  }
  if (!groups.some(({ sides }) => latencyOf(sides, limits) !== null)) {
    const because = 'too early, or too few answers of the old release at the same time, to compare p95'
    return { kind: 'inconclusive', because }
  }
  for (const { name, sides } of groups) {
    const next = failedOf(stretch(sides, 'next'))
    const old = failedOf(stretch(sides, 'old'))
    if (ratioOf(next) > limits.errors && ratioOf(next) > ratioOf(old) * OLD_RATIO_FACTOR) {
      const because = `${next.hits} of ${next.of} answers to ${WHOM[name]} failed, which may be chance: more are needed`
      return { kind: 'inconclusive', because }
    }
  }
  const users = groups[0].sides
  const [next, old] = [inVain(stretch(users, 'next')), inVain(stretch(users, 'old'))]
  if (next.hits >= ERRORS_MIN && isWorse(next, old, limits.errors)) {
    const because =
      `${next.hits} of ${next.of} users left after a second or more without an answer, ${old.hits} of ${old.of} of the ` +
      'old release: anybody can do so, and a release that hangs looks the same'
    return { kind: 'inconclusive', because }
  }
  return { kind: 'passed' }
}

/** What the looks say in figures, for people and for the proof. */
export function compare(looks: readonly Look[]): Comparison {
  const sidesOf = (sides: readonly Sides[]) => ({
    next: figuresOf(stretch(sides, 'next')),
    old: figuresOf(stretch(sides, 'old')),
  })
  return { users: sidesOf(looks.map(({ users }) => users)), witness: sidesOf(looks.map(({ witness }) => witness)) }
}

type Group = 'users' | 'witness'
const WHOM: Readonly<Record<Group, string>> = { users: 'users', witness: 'the witness' }

function errorBreach(name: Group, sides: readonly Sides[], limits: AnalysisLimits): string | null {
  const next = failedOf(stretch(sides, 'next'))
  const old = failedOf(stretch(sides, 'old'))
  if (next.hits < ERRORS_MIN || !isWorse(next, old, limits.errors)) return null
  return (
    `${next.hits} of ${next.of} answers to ${WHOM[name]} failed: ${percent(ratioOf(next))}, ` +
    `limit ${percent(limits.errors)}; ${old.hits} of ${old.of} of the old release in the same time`
  )
}

function latencyBreach(name: Group, sides: readonly Sides[], limits: AnalysisLimits): string | null {
  const seen = latencyOf(sides, limits)
  if (seen === null) return null
  const { next, old, nextP95Ms, oldP95Ms } = seen
  const limitMs = Math.max(oldP95Ms * limits.p95Ratio, oldP95Ms + LATENCY_DIFFERENCE_MIN_MS)
  if (nextP95Ms <= limitMs || !isWorse(slowerThan(next, limitMs), slowerThan(old, limitMs), SLOW_SHARE)) return null
  return (
    `p95 for ${WHOM[name]} is ${nextP95Ms.toFixed(0)} ms, ${(nextP95Ms / oldP95Ms).toFixed(1)} x the ` +
    `${oldP95Ms.toFixed(0)} ms of the old release in the same time, limit ${limits.p95Ratio} x`
  )
}

/**
 * Judged over the newer half of the answers: a release that has just started is slow for a moment. Slower than the limit is a
 * release when more than 5 % of its answers are, and more than of the old one's. Null: too early or too few to be judged.
 */
function latencyOf(sides: readonly Sides[], limits: AnalysisLimits) {
  if ((sides.at(-1)?.next.at ?? 0) - (sides[0]?.next.at ?? 0) < LATENCY_AFTER_MS) return null
  const newer = newerHalf(sides)
  const next = stretch(newer, 'next')
  const old = stretch(newer, 'old')
  const least = Math.min(LATENCY_SAMPLE_MIN, Math.ceil(limits.sample / 2))
  if (next.answers < least || old.answers < least) return null
  const nextP95Ms = quantile(next.buckets, 0.95)
  const oldP95Ms = quantile(old.buckets, 0.95)
  return nextP95Ms === null || oldP95Ms === null ? null : { next, old, nextP95Ms, oldP95Ms }
}

/** From the newest look at which at most half of the answers were there. */
function newerHalf(sides: readonly Sides[]): readonly Sides[] {
  const answers = (at: Sides | undefined): number => at?.next.answers ?? 0
  const half = (answers(sides[0]) + answers(sides.at(-1))) / 2
  return sides.slice(
    Math.max(
      0,
      sides.findLastIndex((at) => answers(at) <= half),
    ),
  )
}

function stretch(sides: readonly Sides[], side: keyof Sides): Omit<Sample, 'at'> {
  const [first, last] = [sides[0]?.[side], sides.at(-1)?.[side]]
  if (first === undefined || last === undefined) return { answers: 0, errors: 0, buckets: [] }
  return {
    answers: last.answers - first.answers,
    errors: last.errors - first.errors,
    buckets: last.buckets.map((count, bucket) => count - (first.buckets[bucket] ?? 0)),
    unanswered: (last.unanswered ?? 0) - (first.unanswered ?? 0),
  }
}

function figuresOf({ answers, errors, buckets }: Omit<Sample, 'at'>): Figures {
  return { answers, errors, p95Ms: quantile(buckets, 0.95) }
}

function failedOf({ answers, errors }: Omit<Sample, 'at'>): Share {
  return { hits: errors, of: answers }
}

function inVain({ answers, unanswered = 0 }: Omit<Sample, 'at'>): Share {
  return { hits: unanswered, of: answers + unanswered }
}

/** Only buckets that lie wholly above count: in doubt an answer was fast enough. */
function slowerThan({ buckets }: Omit<Sample, 'at'>, ms: number): Share {
  const hits = buckets.reduce((sum, count, bucket) => {
    const lowerMs = bucket === 0 ? 0 : LATENCY_BOUNDS_MS[bucket - 1]!
    return lowerMs >= ms ? sum + count : sum
  }, 0)
  return { hits, of: buckets.reduce((sum, count) => sum + count, 0) }
}

function percent(ratio: number): string {
  return `${Number((ratio * 100).toPrecision(3))} %`
}
