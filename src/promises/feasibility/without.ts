import type { ResolvedPromise } from '../../config/resolved-promises.ts'
import { Decimal } from '../decimal.ts'
import { configDuration, configRatio } from '../figures.ts'
import { objectiveId } from '../objective.ts'
import { objectivesOf } from '../objectives.ts'
import { change, type Check, type WayOut } from './refusal.ts'

/** A promise that asks more of a service while a need is gone than while it is there: one of the two is not meant. */
export const without: Check = ({ promises = {} }) =>
  objectivesOf({ promises }).flatMap((objective) => {
    if (objective.kind !== 'without') return []
    const { promise, need, p95Ms } = objective
    const { latencyMs, errors, without: those }: ResolvedPromise = promises[promise]!
    const arithmetic: string[] = []
    const waysOut: WayOut[] = []
    const loosen = (key: 'p95Ms' | 'errors', value: number, written: string): void => {
      waysOut.push({
        text: `promise ${key === 'p95Ms' ? 'p95' : 'errors'}: '${written}' without ${need}`,
        changes: [change(['promises', promise, 'without', need, key], value)],
      })
    }
    if (p95Ms !== null && latencyMs.p95 !== null && p95Ms < latencyMs.p95) {
      arithmetic.push(`p95 without ${need} ${p95Ms} ms < p95 with it ${latencyMs.p95} ms`)
      loosen('p95Ms', latencyMs.p95, configDuration(latencyMs.p95))
    }
    const then = those[need]!.errors
    if (then !== null && errors !== null && then < errors) {
      const [less, more] = [Decimal.of(then), Decimal.of(errors)]
      arithmetic.push(`errors without ${need} ${less.toPercent()} < errors with it ${more.toPercent()}`)
      loosen('errors', errors, configRatio(more))
    }
    if (arithmetic.length === 0) return []
    const all: WayOut = {
      text: waysOut.map(({ text }) => text).join(' and '),
      changes: waysOut.flatMap(({ changes }) => changes),
    }
    return [
      { kind: 'refused', objective: objectiveId(objective), reason: 'without-stricter', arithmetic, waysOut: [all] },
    ]
  })
