import { compileMatchers } from '../../../core/series/labels.ts'
import type { Verdict } from '../incident.ts'
import type { Context, Firing } from './context.ts'

/** Silences and maintenance windows mute what they match, from their first millisecond and until their last. */
export function silence(firing: readonly Firing[], context: Context): ReadonlyMap<string, Verdict> {
  const { nowMs } = context
  const window = context.maintenance.find(({ fromMs, toMs }) => fromMs <= nowMs && nowMs < toMs)
  const active = context.silences
    .filter(({ fromMs, toMs }) => fromMs <= nowMs && nowMs < toMs)
    .map((each) => ({ ...each, matches: compileMatchers(each.matchers) }))
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
