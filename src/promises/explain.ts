import type { ResolvedApp } from '../config/resolved.ts'
import { budgetMs } from './budget.ts'
import { asksForBadEvents, BAD_EVENTS_MIN, burnRates, EVENTS_MIN, leftOutLine, type BurnRate } from './burn-rate.ts'
import { Decimal, ONE } from './decimal.ts'
import { detectionOf, DOWN_MS, OVERHEAD_MS } from './detection.ts'
import { budgetedOf, budgetShare, type Budgeted } from './events.ts'
import { durationText } from './figures.ts'
import { objectiveId, type Objective } from './objective.ts'
import { configPathOf, objectivesOf } from './objectives.ts'
import { owedText } from './owed.ts'
import { alertName, burnName, sayingItFor } from './promise-rules.ts'
import { promisedDetectMs, symptomOf } from './symptom.ts'
import { BUILT_IN_BOUNDS_MS, watchesOf } from './watches.ts'

/** Why something is what it is: the answer of `seaworthy explain`. */
export interface Explanation {
  /** What it is asked by: an objective, a rule, a watch, a derived number, a generated file. */
  readonly what: string
  readonly value: string
  /** The line of the config, or whatever else it comes from. */
  readonly from: string
  /** Line by line; empty where it is as written. */
  readonly arithmetic: readonly string[]
}

/** Everything about an app that is derived from its promises and can be explained. */
export function explanationsOf(app: ResolvedApp): readonly Explanation[] {
  const budgeted = budgetedOf(app)
  const detectMs = promisedDetectMs(app)
  return [
    ...objectivesOf(app).map((objective) => explainObjective(objective, budgeted)),
    ...budgeted
      .filter((objective) => sayingItFor(objective, budgeted) === null)
      .flatMap((objective) => [
        ...(detectMs === null ? [] : explainSymptom(objective, detectMs)),
        ...burnRates(objective).map((rate) => explainBurnRate(objective, rate)),
      ]),
    ...explainWatches(app),
    ...explainBackups(app),
  ]
}

/** Those that `what` names: what is called so and what comes from it, else all that begin with it. */
export function explain(what: string, all: readonly Explanation[]): readonly Explanation[] {
  const exact = all.filter((each) => each.what === what || each.from === what)
  return exact.length > 0 ? exact : all.filter((each) => each.what.startsWith(what))
}

function explainObjective(objective: Objective, budgeted: readonly Budgeted[]): Explanation {
  const own = budgeted.find((each) => objectiveId(each) === objectiveId(objective))
  return {
    what: objectiveId(objective),
    value: owedText(objective),
    from: configPathOf(objective),
    arithmetic: [
      ...(own === undefined ? [] : budgetLines(own, budgeted)),
      ...(objective.kind === 'detection' ? detectionLines(objective.limitMs, budgeted) : []),
    ],
  }
}

function budgetLines(objective: Budgeted, budgeted: readonly Budgeted[]): readonly string[] {
  const share = budgetShare(objective)
  const over = Decimal.of(objective.overMs)
  const other = sayingItFor(objective, budgeted)
  return [
    `budget: ${share.toPercent()} of ${durationText(over)} = ${durationText(budgetMs(objective))} with every request bad`,
    other === null
      ? `every request bad: ${whenSeen(objective, ONE)}`
      : `no rules of its own: ${objectiveId(other)} counts the same requests, and its budget is not larger`,
  ]
}

function detectionLines(limitMs: number, budgeted: readonly Budgeted[]): readonly string[] {
  const limit = text(limitMs)
  const ruled = budgeted.filter(
    (each) => each.kind !== 'latency' && each.subject.kind === 'requests' && sayingItFor(each, budgeted) === null,
  )
  return [
    `an instance that ended: 3 missed collections × 10 s + evaluation 10 s + group wait 5 s + delivery 5 s = ${text(DOWN_MS)} at the latest, and ${limit} are promised`,
    ...ruled.map((objective) => {
      const by =
        symptomOf(objective, limitMs) === null
          ? 'its burn rates'
          : `${alertName(objective)}Failing, since burn rates are too slow`
      return `every request of ${objectiveId(objective)} failing: ${whenSeen(objective, ONE)}; told in time by ${by}`
    }),
  ]
}

/** '51.84 s until the rule of 1h holds + 30 s until it is told = 1.364 min'. */
function whenSeen(objective: Budgeted, errors: Decimal): string {
  const found = detectionOf(objective, errors)
  if (found.kind === 'never') return 'no burn rate ever fires'
  const sum = found.ms.plus(Decimal.of(OVERHEAD_MS))
  return `${durationText(found.ms)} until the burn rate of ${found.by.window.name} is passed + ${text(OVERHEAD_MS)} until it is told = ${durationText(sum)}`
}

function explainSymptom(objective: Budgeted, detectMs: number): readonly Explanation[] {
  const symptom = symptomOf(objective, detectMs)
  if (symptom === null) return []
  return [
    {
      what: `${alertName(objective)}Failing`,
      value: `more than ${symptom.threshold.toPercent()} of at least ${EVENTS_MIN} requests in 1 min`,
      from: `${configPathOf(objective)} and the promised detection of ${text(detectMs)}`,
      arithmetic: [
        `every request failing: ${whenSeen(objective, ONE)} > ${text(detectMs)}`,
        `threshold: (${text(detectMs)} − ${text(OVERHEAD_MS)} until it is told) ÷ 1 min, at most 50 % = ${symptom.threshold.toPercent()}`,
        `by chance at most ${symptom.noise.toPercent()} of ${EVENTS_MIN} requests fail (budget + 3 σ)`,
      ],
    },
  ]
}

function explainBurnRate(objective: Budgeted, burn: BurnRate): Explanation {
  const { window, rate, threshold, leftOut } = burn
  const about = { what: burnName(objective, burn), from: configPathOf(objective) }
  if (leftOut !== null) return { ...about, value: 'left out', arithmetic: [leftOutLine(objective, burn)] }
  const over = Decimal.of(objective.overMs)
  return {
    ...about,
    value: `${window.severity}: a share above ${threshold.toText()} over ${text(window.longMs)} and over ${text(window.shortMs)}, of at least ${EVENTS_MIN} events${asksForBadEvents(threshold) ? `, ${BAD_EVENTS_MIN} of them bad` : ''}`,
    arithmetic: [
      `burn rate: ${Decimal.of(window.share).toPercent()} of the budget × ${durationText(over)} ÷ ${text(window.longMs)} = ${rate.rounded(3).toText()}`,
      `threshold: ${rate.rounded(3).toText()} × ${budgetShare(objective).toText()} = ${threshold.toText()}`,
      ...badEventsLines(burn),
      ...['1', '0.5', '0.1', '0.05', '0.02'].map((errors) => {
        const found = detectionOf(objective, Decimal.of(errors))
        const when =
          found.kind === 'never' ? 'never' : `after ${durationText(found.ms)}, by the rule of ${found.by.window.name}`
        return `${Decimal.of(errors).toPercent()} bad: seen ${when}`
      }),
    ],
  }
}

/** Below so many events the second bad one decides, and not their share. */
function badEventsLines({ window, threshold }: BurnRate): readonly string[] {
  if (!asksForBadEvents(threshold)) return []
  const events = Decimal.of(BAD_EVENTS_MIN).dividedBy(threshold, 0, 'up').toText()
  return [
    `${BAD_EVENTS_MIN} ÷ ${threshold.toText()} = ${events}: with fewer events in ${text(window.longMs)} the second bad one decides, which comes later than what follows`,
  ]
}

function explainWatches(app: ResolvedApp): readonly Explanation[] {
  return watchesOf(app).map(({ id, boundsMs }) => ({
    what: `watch ${id}`,
    value:
      boundsMs.length === 0
        ? 'requests by status'
        : `requests by status, buckets at ${boundsMs.map((ms) => `${ms} ms`).join(', ')}`,
    from: boundsMs === BUILT_IN_BOUNDS_MS ? 'the built-in alerts on latency' : `promises.${id}`,
    arithmetic: ['the gateway counts them apart, with a bucket at exactly each limit: nothing is interpolated'],
  }))
}

function explainBackups({ backups = {}, promises = {} }: ResolvedApp): readonly Explanation[] {
  return Object.entries(backups).map(([need, { every }]) => {
    const said = Object.entries(promises).find(
      ([, { on, rpoMs }]) => on.kind === 'need' && on.need === need && rpoMs !== null,
    )
    const derived =
      said === undefined ? 'not backed up by itself' : `every ${text(said[1].rpoMs!)}, less the time one takes`
    return {
      what: `backups.${need}.every`,
      value: every ?? derived,
      from: every !== null || said === undefined ? `backups.${need}.every` : `promises.${said[0]}.rpo`,
      arithmetic: every === null && said !== undefined ? ['rhythm + backup and upload ≤ rpo'] : [],
    }
  })
}

function text(ms: number): string {
  return durationText(Decimal.of(ms))
}
