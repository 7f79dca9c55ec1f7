import type { WatchVerdict } from './proof.ts'
import { p95Between, type Sample } from './watch.ts'

type WatchEnd = Exclude<WatchVerdict, { readonly verdict: 'breach' }>

/** Of a watch that has come to its end without a breach. @param needed the fewest answers that say something */
export function verdictOf(samples: readonly Sample[], needed: number): WatchEnd {
  const first = samples[0]!
  const last = samples.at(-1)!
  const answers = last.answers - first.answers
  if (answers < needed) return { verdict: 'inconclusive', answers, needed }
  return { verdict: 'passed', answers, errors: last.errors - first.errors, p95Ms: p95Between(first, last) }
}
