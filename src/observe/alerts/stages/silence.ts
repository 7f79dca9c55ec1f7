import { compileMatchers, type Labels, type Matcher } from '../../../core/series/labels.ts'
import { compileLinear } from '../../../core/series/linear-pattern.ts'
import type { Verdict } from '../incident.ts'
import type { Context, Firing } from './context.ts'

/** Silences and maintenance windows mute what they match, from their first millisecond and until their last. */
export function silence(firing: readonly Firing[], context: Context): ReadonlyMap<string, Verdict> {
  const { nowMs } = context
  const window = context.maintenance.find(({ fromMs, toMs }) => fromMs <= nowMs && nowMs < toMs)
  const active = context.silences
    .filter(({ fromMs, toMs }) => fromMs <= nowMs && nowMs < toMs)
    .map((each) => ({ ...each, matches: testOf(each.matchers) }))
  return new Map(
    firing.map(({ key, alert }): [string, Verdict] => {
      if (window !== undefined) return [key, held(`maintenance: ${window.why}`, window.toMs)]
      const silencing = active.find(({ matches }) => matches(alert.labels))
      if (silencing === undefined) return [key, { kind: 'pass' }]
      return [key, held(`${silencing.id} by ${silencing.by}: ${silencing.reason}`, silencing.toMs)]
    }),
  )
}

function held(because: string, untilMs: number): Verdict {
  return { kind: 'hold', stage: 'silence', because, untilMs }
}

/** Control judges by them on its own thread, each time it looks: a pattern must not stall it, and is compiled once. */
function testOf(matchers: readonly Matcher[]): (labels: Labels) => boolean {
  const key = JSON.stringify(matchers)
  let test = tests.get(key)
  if (test === undefined) {
    if (tests.size >= TESTS_MAX) tests.clear()
    tests.set(key, (test = compiled(matchers)))
  }
  return test
}

/** As many as there can be silences. */
const TESTS_MAX = 500
const tests = new Map<string, (labels: Labels) => boolean>()

/** One that an earlier version took and this one does not mutes nothing: somebody is told too much, not too little. */
function compiled(matchers: readonly Matcher[]): (labels: Labels) => boolean {
  try {
    return compileMatchers(matchers, compileLinear)
  } catch (error) {
    if (error instanceof SyntaxError) return () => false
    throw error
  }
}
