import type { HealthReport, PromiseLine, Reason, ServiceLine } from '../control/api/health-methods.ts'
import type { NeedReport } from '../control/needs/report.ts'
import { timesSpent } from '../promises/budget.ts'
import { Decimal } from '../promises/decimal.ts'
import { table } from './output.ts'

/** Of the reasons behind the worst, so many are told; `--json` has all. */
const REASONS_TOLD = 4
const ALERTS_TOLD = 5
const STATE_WORDS = { fine: 'fine', 'at-risk': 'at risk', broken: 'broken', unknown: 'unknown' } as const

/** The one screen: is the app fine, since when, what changed, and what the answer stands on. */
export function describeHealth(report: HealthReport, needs: readonly NeedReport[]): string {
  const { state, since, at, reasons } = report
  const [worst, ...others] = reasons
  return table([
    [STATE_WORDS[state], answerText(worst)],
    ...others.slice(0, REASONS_TOLD).map((reason) => ['', alsoText(reason)]),
    ...(others.length > REASONS_TOLD ? [['', `and ${others.length - REASONS_TOLD} more`]] : []),
    sinceRow(since, at),
    ...changedRows(report),
    ...factRows(report, needs),
  ])
}

/** The same of a control that does not say anything any more: nobody knows, and what it said last is told as that. */
export function describeUnheard(report: HealthReport, needs: readonly NeedReport[], unheardSince: number): string {
  const { state, since, at, reasons } = report
  const before = `${STATE_WORDS[state]}: ${answerText(reasons[0])}, since ${isoOf(since)}`
  return table([
    [STATE_WORDS.unknown, 'control does not answer: what follows is what it said last'],
    sinceRow(unheardSince, at),
    ['before', before],
    ...factRows(report, needs),
  ])
}

function answerText(worst: Reason | undefined): string {
  return worst === undefined ? 'every promise, service and need that is watched' : worst.text
}

function sinceRow(since: number, at: number): readonly string[] {
  return ['since', `${isoOf(since)}, ${spanOf(at - since)} ago`]
}

/** What the answer stands on. */
function factRows(report: HealthReport, needs: readonly NeedReport[]): readonly (readonly string[])[] {
  const { at, incidents, firing, promises, services, measuredAt } = report
  return [
    ...listed(
      'incidents',
      incidents.map(
        ({ id, severity, title, openedAt, acknowledgedAt }) =>
          `${id} ${severity} ${title} (${acknowledgedAt === null ? 'open' : 'acknowledged'}, ${spanOf(at - openedAt)})`,
      ),
    ),
    ...listed(
      'alerts',
      firing.slice(0, ALERTS_TOLD).map(({ rule, severity, firedAt }) => {
        const age = firedAt === null ? '' : `, ${spanOf(at - firedAt)}`
        return `${severity} ${rule} fires${age}`
      }),
    ),
    ...(firing.length > ALERTS_TOLD ? [['', `and ${firing.length - ALERTS_TOLD} more: \`seaworthy alerts\``]] : []),
    ['promises', promises.length === 0 ? 'none is watched' : promises.map(promiseText).join('; ')],
    ...listed(
      'services',
      services.map((service) => serviceText(service, at)),
    ),
    ...(needs.length === 0
      ? []
      : [['needs', needs.map(({ need, state: its, place }) => `${need} ${its ?? place}`).join(', ')]]),
    ['host', hostText(report.host)],
    ['measured', measuredAt === null ? 'not yet' : `${spanOf(at - measuredAt)} ago`],
  ]
}

function changedRows({ changes, since }: HealthReport): readonly (readonly string[])[] {
  const rows = changes.map(({ at, text }) => `${spanOf(since - at)} before: ${text}`)
  return listed('changed', [
    ...(changes.some(({ kind }) => kind === 'deploy') ? [] : ['nothing was deployed in the hour before']),
    ...rows,
  ])
}

function alsoText({ state, text }: Reason): string {
  return `${STATE_WORDS[state]}: ${text}`
}

function promiseText({ objective, standing, left }: PromiseLine): string {
  if (standing === null) return `${objective} not known${left === null ? '' : ': too few requests'}`
  const budget = left === null ? '' : ` (${budgetText(left)})`
  return `${objective} ${standing === 'at-risk' ? 'at risk' : standing}${budget}`
}

function budgetText(left: string): string {
  const times = timesSpent(left)
  if (times !== null) return `${times} times its budget spent`
  return `${Decimal.of(left).rounded(4, 'down').toPercent()} of its budget left`
}

function serviceText(service: ServiceLine, at: number): string {
  const { wanted, running, stopped, perSecond, errorShare, p95Ms, sampledAt } = service
  return [
    `${service.service}: ${running} of ${wanted} instances${stopped ? ', stopped' : ''}`,
    perSecond === null ? 'traffic not known' : `${rounded(perSecond)} requests/s`,
    ...(errorShare === null ? [] : [`${rounded(errorShare * 100)} % failed`]),
    ...(p95Ms === null ? [] : [`p95 ${rounded(p95Ms)} ms`]),
    sampledAt === null ? 'not sampled' : `sampled ${spanOf(at - sampledAt)} ago`,
  ].join(', ')
}

function hostText({ loadPerCore, memoryUsed, diskUsed }: HealthReport['host']): string {
  const percent = (share: number | null): string => (share === null ? 'not known' : `${rounded(share * 100)} % used`)
  const load = loadPerCore === null ? 'not known' : `${rounded(loadPerCore)} for each core`
  return `load ${load}, memory ${percent(memoryUsed)}, disk ${percent(diskUsed)}`
}

function listed(name: string, lines: readonly string[]): readonly (readonly string[])[] {
  return lines.map((line, index) => [index === 0 ? name : '', line])
}

/** Three figures; whole numbers from a hundred on. */
function rounded(value: number): string {
  return value >= 100 ? String(Math.round(value)) : String(Number(value.toPrecision(3)))
}

function isoOf(ms: number): string {
  return new Date(ms).toISOString().replace('T', ' ').slice(0, 19)
}

function spanOf(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1_000))
  if (seconds < 120) return `${seconds} s`
  if (seconds < 7_200) return `${Math.round(seconds / 60)} min`
  return seconds < 172_800 ? `${Math.round(seconds / 3_600)} h` : `${Math.round(seconds / 86_400)} d`
}
