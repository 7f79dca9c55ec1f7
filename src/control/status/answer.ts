import { timesSpent } from '../../promises/budget.ts'
import { Decimal } from '../../promises/decimal.ts'
import type { FiringAlert, HealthState, PromiseLine, Reason, ServiceLine } from '../api/health-methods.ts'
import type { NeedReport } from '../needs/report.ts'

/** What is older says nothing of now: three beats. */
export const DATA_MS_MAX = 30_000

/** What is known of an app at one moment. */
export interface HealthFacts {
  readonly nowMs: number
  readonly live: string | null
  /** When promises and services were last asked for; null: not yet. */
  readonly measuredAtMs: number | null
  /** Why the series would not answer; null when they did. */
  readonly because: string | null
  readonly gatewayWorkers: number
  readonly services: readonly ServiceLine[]
  /** Of the live release: those that have failed and are not back. */
  readonly failing: readonly { readonly id: string; readonly service: string; readonly text: string }[]
  readonly firing: readonly FiringAlert[]
  /** Summaries of rules whose series are not there. */
  readonly noData: readonly { readonly rule: string; readonly summary: string }[]
  readonly promises: readonly PromiseLine[]
  readonly needs: readonly Pick<NeedReport, 'need' | 'state' | 'cause'>[]
  readonly isDiskFull: boolean
  readonly isPaused: boolean
}

/**
 * Whether an app is fine, and why not, the worst reason first. Broken and at risk are seen, so they outweigh what cannot be
 * seen; fine is only what everything that should speak says.
 */
export function answerOf(facts: HealthFacts): { readonly state: HealthState; readonly reasons: readonly Reason[] } {
  const all = [...standing(facts), ...alerts(facts), ...promises(facts), ...unseen(facts)]
  const reasons = ORDER.flatMap((state) => all.filter((reason) => reason.state === state))
  return { state: reasons[0]?.state ?? 'fine', reasons }
}

const ORDER = ['broken', 'at-risk', 'unknown'] as const

/** What stands or falls, as control itself knows it without a beat. */
function standing({
  live,
  gatewayWorkers,
  services,
  failing,
  needs,
  isDiskFull,
  isPaused,
}: HealthFacts): readonly Reason[] {
  if (live === null) return []
  const failedOf = (name: string): string => {
    const [first] = failing.filter(({ service }) => service === name)
    return first === undefined ? '' : `: ${first.text}`
  }
  const out = services.filter(({ stopped, wanted, running }) => !stopped && wanted > 0 && running === 0)
  const isOut = new Set(out.map(({ service }) => service))
  return [
    ...(gatewayWorkers > 0
      ? []
      : [reason('broken', 'gateway', 'gateway', 'no worker of the gateway is there: nobody is answered')]),
    ...out.map(({ service }) =>
      reason('broken', 'service', service, `no instance of ${service} runs${failedOf(service)}`),
    ),
    ...failing
      .filter(({ service }) => !isOut.has(service))
      .map(({ id, text }) => reason('at-risk', 'instance', id, text)),
    ...services
      .filter(({ stopped }) => stopped)
      .map(({ service }) => reason('at-risk', 'service', service, `${service} is stopped`)),
    ...needs
      .filter(({ state }) => state !== null && state !== 'healthy')
      .map(({ need, state, cause }) =>
        reason('at-risk', 'need', need, `${need} is ${state}${cause === null ? '' : `: ${cause.split('\n')[0]}`}`),
      ),
    ...(isPaused ? [reason('at-risk', 'gateway', 'pause', 'the gateway is paused')] : []),
    ...(isDiskFull ? [reason('at-risk', 'disk', 'disk', 'the disk is full: nothing can be deployed')] : []),
  ]
}

/** P0 is an app that is down for somebody; P3 is for some day, and is shown without changing the answer. */
function alerts({ firing }: HealthFacts): readonly Reason[] {
  return firing
    .filter(({ severity }) => severity !== 'P3')
    .toSorted((one, other) => one.severity.localeCompare(other.severity))
    .map(({ rule, severity, summary, held }) =>
      reason(
        severity === 'P0' ? 'broken' : 'at-risk',
        'alert',
        rule,
        `${severity} ${rule}: ${summary}${held === null ? '' : ` (${held})`}`,
      ),
    )
}

function promises({ promises: lines }: HealthFacts): readonly Reason[] {
  return lines.flatMap(({ objective, standing: stands, left }) => {
    if (stands === 'met') return []
    if (stands === null && left !== null)
      return [reason('unknown', 'promise', objective, `too few requests to say whether ${objective} is kept`)]
    if (stands === null)
      return [reason('unknown', 'promise', objective, `nothing shows yet whether ${objective} is kept`)]
    const budget = left === null ? '' : `, ${budgetText(left)}`
    return [
      reason(stands, 'promise', objective, `${objective} is ${stands === 'broken' ? 'broken' : 'at risk'}${budget}`),
    ]
  })
}

/** What nobody can see: never fine. */
function unseen({ live, nowMs, measuredAtMs, because, noData, services }: HealthFacts): readonly Reason[] {
  if (live === null) return [reason('unknown', 'data', 'live', 'nothing is live')]
  if (measuredAtMs === null) return [reason('unknown', 'data', 'series', 'nothing has been measured yet')]
  if (nowMs - measuredAtMs > DATA_MS_MAX)
    return [reason('unknown', 'data', 'series', `the newest measurement is ${secondsOf(nowMs - measuredAtMs)} old`)]
  if (because !== null) return [reason('unknown', 'data', 'series', `the series do not answer: ${because}`)]
  const silent = services.filter(({ stopped }) => !stopped)
  return [
    ...noData.map(({ rule, summary }) => reason('unknown', 'data', rule, `no data for ${rule}: ${summary}`)),
    ...silent.flatMap(({ service, sampledAt }) => {
      if (sampledAt !== null && nowMs - sampledAt <= DATA_MS_MAX) return []
      const age = sampledAt === null ? 'there is no sample' : `the newest sample is ${secondsOf(nowMs - sampledAt)} old`
      return [reason('unknown', 'data', service, `${service} is not measured: ${age}`)]
    }),
  ]
}

function reason(state: Reason['state'], kind: Reason['kind'], name: string, text: string): Reason {
  return { state, kind, name, text }
}

function budgetText(left: string): string {
  const times = timesSpent(left)
  if (times !== null) return `${times} times its budget is spent`
  return `${Decimal.of(left).rounded(4, 'down').toPercent()} of its budget is left`
}

function secondsOf(ms: number): string {
  return `${Math.round(ms / 1_000)} s`
}
