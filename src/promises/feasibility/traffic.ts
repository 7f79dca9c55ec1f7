import type { ResolvedApp } from '../../config/resolved.ts'
import { asksForBadEvents, BAD_EVENTS_MIN, EVENTS_MIN, fastestThreshold, firingRates } from '../burn-rate.ts'
import { Decimal, ONE } from '../decimal.ts'
import { OVERHEAD_MS } from '../detection.ts'
import { budgetedOf, budgetShare, type Budgeted } from '../events.ts'
import { configDuration, durationText } from '../figures.ts'
import { objectiveId } from '../objective.ts'
import { ruledObjectives } from '../promise-rules.ts'
import { promisedDetectMs, SYMPTOM_WINDOW_MS, symptomOf } from '../symptom.ts'
import { change, type Check, type Refusal, type WayOut } from './refusal.ts'
import { lowered, wayOuts, type Reliability } from './share.ts'

const DAY_MS = 86_400_000
const PERIOD_MS_MAX = 365 * DAY_MS

interface Traffic {
  readonly count: number
  readonly perMs: number
}

/** Even at the promised rate there may be too few requests to alert on, or for a budget of one of them. */
export const traffic: Check = (app) => [...tooFew(app), ...tooFewToDetect(app)]

const tooFew = (app: ResolvedApp): readonly Refusal[] =>
  budgetedOf(app).flatMap((objective) => {
    const rate = rateOf(objective, app)
    if (rate === null || firingRates(objective).length === 0) return []
    return tooFewToAlert(objective, rate) ?? belowOneRequest(objective, rate) ?? []
  })

function tooFewToAlert(objective: Budgeted, rate: Traffic): Refusal | null {
  const longest = firingRates(objective).at(-1)!.window
  const events = inWindow(rate, longest.longMs)
  if (!Decimal.of(EVENTS_MIN).isAbove(events)) return null
  const count = Math.ceil((EVENTS_MIN * rate.perMs) / longest.longMs)
  return {
    kind: 'refused',
    objective: objectiveId(objective),
    reason: 'traffic-too-small',
    arithmetic: [
      `${rateText(rate)} × ${longest.name}, the longest window = ${events.rounded(3).toText()} requests`,
      `${events.rounded(3).toText()} < ${EVENTS_MIN}, fewer than a rule can judge by`,
    ],
    waysOut: [moreTraffic(objective, rate, count)],
  }
}

/** With every request failing: the rule of a minute has enough to judge by, or the second failure comes in time. */
function tooFewToDetect(app: ResolvedApp): readonly Refusal[] {
  const detectMs = promisedDetectMs(app)
  if (detectMs === null) return []
  return ruledObjectives(app).flatMap((objective) => {
    const rate = rateOf(objective, app)
    if (rate === null || objective.kind === 'latency' || firingRates(objective).length === 0) return []
    const [needed, withinMs, what] =
      symptomOf(objective, detectMs) !== null
        ? [EVENTS_MIN, SYMPTOM_WINDOW_MS, 'requests, which a rule of 1 min asks for']
        : [BAD_EVENTS_MIN, detectMs - OVERHEAD_MS, 'failures, which a burn rate asks for']
    const asks = needed === EVENTS_MIN || asksForBadEvents(fastestThreshold(objective))
    if (!asks || withinMs <= 0 || needed * rate.perMs <= rate.count * withinMs) return []
    const within = durationText(Decimal.of(withinMs))
    const detect = durationText(Decimal.of(detectMs))
    return [
      {
        kind: 'refused',
        objective: objectiveId(objective),
        reason: 'traffic-too-slow',
        arithmetic: [
          needed === EVENTS_MIN
            ? `detected in ${detect}: burn rates are too slow, and a rule of 1 min needs ${needed} requests`
            : `detected in ${detect} − ${durationText(Decimal.of(OVERHEAD_MS))} until it is told = ${within}`,
          `${rateText(rate)} × ${within} = ${inWindow(rate, withinMs).rounded(3).toText()} < ${needed} ${what}`,
        ],
        waysOut: [moreTraffic(objective, rate, Math.ceil((needed * rate.perMs) / withinMs))],
      },
    ]
  })
}

function belowOneRequest(objective: Budgeted, rate: Traffic): Refusal | null {
  const events = inWindow(rate, objective.overMs)
  const share = budgetShare(objective)
  const allowed = events.times(share)
  if (!ONE.isAbove(allowed) || share.toText() === '0') return null
  const over = durationText(Decimal.of(objective.overMs))
  return {
    kind: 'refused',
    objective: objectiveId(objective),
    reason: 'budget-below-one',
    arithmetic: [
      `${rateText(rate)} × ${over} = ${events.rounded(3).toText()} requests × ${share.toPercent()} = ${allowed.rounded(6).toText()}`,
      `${allowed.rounded(6).toText()} < 1: the first failure would break it`,
    ],
    waysOut: wayOuts([
      objective.kind === 'latency'
        ? null
        : lowered(objective as Reliability, ONE.dividedBy(events, 6, 'up').oneMinus()),
      longer(objective, rate),
      moreTraffic(objective, rate, Math.ceil(rate.perMs / objective.overMs / share.toNumber())),
    ]),
  }
}

/** The least number of whole days with a budget of one request; null beyond a year. */
function longer(objective: Budgeted, { count, perMs }: Traffic): WayOut | null {
  const days = Math.ceil(perMs / count / budgetShare(objective).toNumber() / DAY_MS)
  const overMs = days * DAY_MS
  if (overMs > PERIOD_MS_MAX || firingRates({ ...objective, overMs }).length === 0) return null
  return {
    text: `measure ${objective.promise} over: '${configDuration(overMs)}'`,
    changes: [change(['promises', objective.promise, 'overMs'], overMs)],
  }
}

function moreTraffic({ promise }: Budgeted, { perMs }: Traffic, count: number): WayOut {
  return {
    text: `have probes send what is missing, and promise throughput: '${count}/${configDuration(perMs)}' in ${promise}`,
    changes: [change(['promises', promise, 'throughput'], { count, perMs })],
  }
}

function rateOf({ promise, subject }: Budgeted, { promises = {} }: ResolvedApp): Traffic | null {
  return subject.kind === 'requests' ? (promises[promise]?.throughput ?? null) : null
}

function inWindow({ count, perMs }: Traffic, windowMs: number): Decimal {
  return Decimal.of(count).times(Decimal.of(windowMs)).dividedBy(Decimal.of(perMs), 6, 'down')
}

function rateText({ count, perMs }: Traffic): string {
  return `${count} in ${durationText(Decimal.of(perMs))}`
}
