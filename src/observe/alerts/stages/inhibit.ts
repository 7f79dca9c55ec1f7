import { compileMatchers } from '../../../core/series/labels.ts'
import type { Inhibition } from '../../../promises/alert-rule.ts'
import type { Verdict } from '../incident.ts'
import type { Firing } from './context.ts'

/** An alert that another one explains is kept quiet for as long as that fires, be that one told or not. */
export function inhibit(firing: readonly Firing[]): ReadonlyMap<string, Verdict> {
  const sources = firing.filter(({ rule }) => rule.inhibits.length > 0)
  return new Map(
    firing.map((target): [string, Verdict] => {
      const source = sources.find((each) => explains(each, target))
      return [
        target.key,
        source === undefined
          ? { kind: 'pass' }
          : { kind: 'hold', stage: 'inhibit', because: `${source.key} explains it`, untilMs: null },
      ]
    }),
  )
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
