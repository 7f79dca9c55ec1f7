import type { ResolvedApp } from '../../config/resolved.ts'
import { Decimal } from '../decimal.ts'
import { budgetedOf, budgetShare, eventsOf, requestsOf, type Budgeted, type Events } from '../events.ts'
import { carriedAtMost } from '../feasibility/capacity.ts'
import type { Facts } from '../feasibility/facts.ts'
import { objectiveId, type Objective } from '../objective.ts'
import type { Stood } from '../stood.ts'

export type Throughput = Extract<Objective, { readonly kind: 'throughput' }>

/** A rate is judged by what came within five minutes: long enough for a share, short enough for a rush. */
export const STEP_MS = 5 * 60_000
/** As long as every sample is kept. */
export const BACK_MS = 24 * 3_600_000

/** What has to be asked, at each step of the last BACK_MS, to know whether a rate was carried. */
export interface ThroughputQuestion {
  readonly objective: Throughput
  readonly requests: Pick<Events, 'bad' | 'total'>
  /** The other parts of the same promise: they are what holds at the rate. */
  readonly parts: readonly { readonly objective: Budgeted; readonly events: Pick<Events, 'bad' | 'total'> }[]
}

export function throughputQuestion(app: Pick<ResolvedApp, 'promises'>, objective: Throughput): ThroughputQuestion {
  return {
    objective,
    requests: requestsOf(objective.promise, STEP_MS),
    parts: budgetedOf(app)
      .filter(({ promise }) => promise === objective.promise)
      .map((each) => ({ objective: each, events: eventsOf(each, STEP_MS) })),
  }
}

/** Per second. */
export interface Rates {
  readonly total: number
  readonly bad: number
}

export interface Step extends Rates {
  /** In the order of the question's parts. */
  readonly parts: readonly Rates[]
}

/**
 * Where a promised rate stands: broken when requests came at that rate and another part of the promise did not hold then, met when
 * all did; null as long as nobody has asked for as much, which shows nothing.
 */
export function throughputStanding({ objective, parts }: ThroughputQuestion, steps: readonly Step[]): Stood {
  const promised = (objective.count * 1_000) / objective.perMs
  const busiest = steps.reduce((most, { total }) => Math.max(most, total), 0)
  if (busiest === 0) return unseen(`no request in the last ${hours()}`)
  const came = `${rate(busiest)} in the busiest 5 min of the last ${hours()}`
  const rushes = steps.filter(({ total }) => total >= promised)
  if (rushes.length === 0) return unseen(`${came}: nobody has asked for as much`)
  const shares = parts.map(({ objective: part }, index) => {
    const share = shareOf(rushes.map((step) => step.parts[index] ?? { total: 0, bad: 0 }))
    return { part, share, isBroken: share.isAbove(budgetShare(part)) }
  })
  const lost = shareOf(rushes)
  const isBroken =
    shares.length > 0 ? shares.some((each) => each.isBroken) : rushes.every(({ total, bad }) => total - bad < promised)
  const said =
    shares.length > 0
      ? shares.map(
          ({ part, share }) => `${objectiveId(part)}: ${percent(share)} bad of ${budgetShare(part).toPercent()}`,
        )
      : [`${percent(lost)} of them failed`]
  return {
    standing: isBroken ? 'broken' : 'met',
    spending: null,
    shownBy: `${came}; at ${rate(promised)} and more ${said.join(', ')}`,
  }
}

/** What a measurement of `load` says where no traffic does; null: nothing was measured. */
export function throughputByCapacity(objective: Throughput, app: ResolvedApp, facts: Facts): Stood | null {
  const carried = carriedAtMost(objective, app, facts)
  if (carried === null) return null
  return {
    standing: carried.promised.isAbove(carried.most) ? 'at-risk' : 'met',
    spending: null,
    shownBy: `load: ${carried.arithmetic}`,
  }
}

function unseen(shownBy: string): Stood {
  return { standing: null, spending: null, shownBy }
}

function shareOf(rates: readonly Rates[]): Decimal {
  const sum = (of: (each: Rates) => number): number => rates.reduce((all, each) => all + of(each), 0)
  const total = sum(({ total: each }) => each)
  // A difference of counters that were not read at the same instant may be a little below zero.
  return total === 0 ? Decimal.of(0) : Decimal.of(Math.max(0, sum(({ bad }) => bad) / total))
}

function percent(share: Decimal): string {
  return share.rounded(5).toPercent()
}

function rate(perSecond: number): string {
  return `${Decimal.of(perSecond).rounded(1).toText()}/s`
}

function hours(): string {
  return `${BACK_MS / 3_600_000} h`
}
