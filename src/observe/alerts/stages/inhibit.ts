import { compileMatchers } from '../../../core/series/labels.ts'
import type { Inhibition } from '../../../promises/alert-rule.ts'
import { reachMs } from '../../../promises/expression/reach.ts'
import type { Verdict } from '../incident.ts'
import type { Context, Firing } from './context.ts'

/** For those who were without it to be well again: pools that connect anew, instances that are started again. */
const RECOVERY_MS = 30_000

/**
 * An alert that another one explains is kept quiet for as long as that fires, be that one told or not. And after it: what
 * failed meanwhile stays in the windows of ratios, and somebody who is paged by it would find nothing.
 */
export function inhibit(
  firing: readonly Firing[],
  { ended, nowMs }: Pick<Context, 'ended' | 'nowMs'>,
): ReadonlyMap<string, Verdict> {
  const mayExplain = ({ rule }: Firing): boolean => rule.inhibits.length > 0
  const [sources, past] = [firing.filter(mayExplain), ended.filter(mayExplain)]
  return new Map(
    firing.map((target): [string, Verdict] => {
      const source = sources.find((each) => explains(each, target))
      if (source !== undefined) return [target.key, held(`${source.key} explains it`, null)]
      const before = past.find((each) => explains(each, target) && nowMs < aftermathEndMs(each, target))
      if (before === undefined) return [target.key, { kind: 'pass' }]
      return [target.key, held(`${before.key} has left it behind`, aftermathEndMs(before, target))]
    }),
  )
}

function held(because: string, untilMs: number | null): Verdict {
  return { kind: 'hold', stage: 'inhibit', because, untilMs }
}

/** Until when an alert can still speak of the time when the cause fired; what began to hold after the cause is none of its. */
function aftermathEndMs({ alert: cause }: Firing, { alert, rule }: Firing): number {
  const overMs = cause.resolvedAtMs ?? -Infinity
  return (alert.activeAtMs ?? Infinity) <= overMs ? overMs + reachMs(rule.expression) + RECOVERY_MS : -Infinity
}

function explains(source: Firing, target: Firing): boolean {
  if (source.key === target.key) return false
  return source.rule.inhibits.some(
    (inhibition) => inhibition.rule === target.rule.name && fits(inhibition, source, target),
  )
}

function fits({ equal, source: from = [], target: to = [] }: Inhibition, source: Firing, target: Firing): boolean {
  const [one, other] = [source.alert.labels, target.alert.labels]
  return (
    equal.every((label) => (one[label] ?? '') === (other[label] ?? '')) &&
    compileMatchers(from)(one) &&
    compileMatchers(to)(other)
  )
}
