import { GROUP_WAIT_MS } from '../../../promises/group-wait.ts'
import type { Firing } from './context.ts'

/**
 * What is told together: everything about one service, be it a promise or a machine's view of it, since it is most often
 * one fault; else about one need; else about one kind of thing.
 */
export function groupOf({ alert: { labels }, rule }: Pick<Firing, 'alert' | 'rule'>): string {
  for (const label of ['service', 'need', 'channel']) {
    const value = labels[label]
    if (value !== undefined && value !== '') return `${label}/${value}`
  }
  return `category/${rule.category}`
}

/** The gravest comes first. */
export function gravest(firing: readonly Firing[]): Firing | null {
  const order = (one: Firing, other: Firing): number =>
    one.rule.severity.localeCompare(other.rule.severity) ||
    firedAt(one) - firedAt(other) ||
    one.key.localeCompare(other.key)
  return firing.toSorted(order)[0] ?? null
}

/** When the group may be told: once its gravest has waited; others that came before it have waited with it. */
export function toldFromMs(firing: readonly Firing[]): number {
  return Math.min(...firing.map((each) => firedAt(each) + GROUP_WAIT_MS[each.rule.severity]))
}

function firedAt({ alert }: Firing): number {
  return alert.firedAtMs ?? 0
}
