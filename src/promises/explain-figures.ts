import type { ResolvedApp } from '../config/resolved.ts'
import { SCRAPE_MS } from '../core/series/series.ts'
import { BAD_EVENTS_ABOVE, BAD_EVENTS_MIN, BURN_RATE_MIN, BURN_WINDOWS, EVENTS_MIN } from './burn-rate.ts'
import { REQUESTS_MIN } from './built-in/requests.ts'
import { Decimal } from './decimal.ts'
import { DELIVERY_MS, DOWN_MS, OVERHEAD_MS } from './detection.ts'
import type { Explanation } from './explain.ts'
import {
  BAD_DEPLOYS,
  FAULTS_PER_MS,
  HEADROOM,
  HOST_BACK_MS,
  HOST_LOSSES,
  INSTANCE_BACK_MS,
  INSTANCE_LOSSES,
  NEED_AVAILABILITY,
  OWN_AVAILABILITY,
  POOL_SIZE,
  SWITCH_BACK_MS,
} from './feasibility/assumptions.ts'
import { durationText } from './figures.ts'
import { GROUP_WAIT_MS } from './group-wait.ts'
import { BACK_MS, STEP_MS } from './shown/throughput.ts'
import { SYMPTOM_WINDOW_MS } from './symptom.ts'
import { BUILT_IN_BOUNDS_MS } from './watches.ts'

const ASSUMED = 'assumed until it is promised, declared or measured: src/promises/feasibility/assumptions.ts'

/** Figures that no config holds and every app is judged by, each with its source; then those that follow from an app's own. */
export function explainFigures(app: ResolvedApp): readonly Explanation[] {
  return [...FIGURES, ...scaleOf(app)]
}

const figure = (what: string, value: string, from: string, ...arithmetic: readonly string[]): Explanation => ({
  what: `figures.${what}`,
  value,
  from,
  arithmetic,
})

const FIGURES: readonly Explanation[] = [
  figure(
    'scrape',
    text(SCRAPE_MS),
    'the collection of series; the generated Prometheus scrapes and evaluates as often',
    'both fire within one step of each other',
  ),
  figure(
    'group-wait',
    text(GROUP_WAIT_MS.P0),
    `the stages of alerts, and the generated Alertmanager: P0 and P1 wait that long for others of their group, the rest ${text(GROUP_WAIT_MS.P2)}`,
  ),
  figure('delivery', text(DELIVERY_MS), 'the channels of alerts: one try to deliver a message may take that long'),
  figure(
    'overhead',
    text(OVERHEAD_MS),
    'the way of a message, from what has become true on',
    `collected ${text(SCRAPE_MS)} + evaluated ${text(SCRAPE_MS)} + grouped ${text(GROUP_WAIT_MS.P0)} + delivered ${text(DELIVERY_MS)} = ${text(OVERHEAD_MS)}`,
  ),
  figure(
    'down',
    text(DOWN_MS),
    'the way of a message, from the end of an instance on, at the latest',
    `3 missed collections × ${text(SCRAPE_MS)} + evaluated ${text(SCRAPE_MS)} + grouped ${text(GROUP_WAIT_MS.P0)} + delivered ${text(DELIVERY_MS)} = ${text(DOWN_MS)}`,
  ),
  figure(
    'events-min',
    `${EVENTS_MIN} events`,
    'burn rates: each asks for as many in its long window',
    'with ten, one failure is a tenth of them',
  ),
  figure(
    'bad-events-min',
    `${BAD_EVENTS_MIN} bad events`,
    `burn rates whose threshold × ${EVENTS_MIN} is below ${BAD_EVENTS_ABOVE}: each asks for as many in its long window`,
    `written > ${BAD_EVENTS_ABOVE}: increase makes at most 1.44 of one event, with six samples in the window, and of two no less than 2`,
  ),
  figure('requests-min', `${REQUESTS_MIN} requests`, 'the built-in alerts on a ratio: each asks for as many'),
  figure(
    'burn-rate-min',
    BURN_RATE_MIN,
    'burn rates: a slower one tells of a fault with which the promise is kept',
    `at ${BURN_RATE_MIN} all along, ${Decimal.of(BURN_RATE_MIN).oneMinus().toPercent()} of the budget is left at the end`,
  ),
  figure(
    'burn-windows',
    BURN_WINDOWS.map(({ name }) => name).join(', '),
    'the SRE workbook, chapter 5',
    ...BURN_WINDOWS.map(
      ({ severity, share, longMs, shortMs }) =>
        `${severity}: ${Decimal.of(share).toPercent()} of the budget in ${text(longMs)}, and over ${text(shortMs)}`,
    ),
  ),
  figure(
    'symptom-window',
    text(SYMPTOM_WINDOW_MS),
    'the rules beside the burn rates, where those are slower than promised',
  ),
  figure('built-in-bounds', BUILT_IN_BOUNDS_MS.map(text).join(', '), 'the built-in alerts on latency'),
  figure('throughput-step', text(STEP_MS), 'the standing of rates: a promised one is judged by what came within it'),
  figure(
    'throughput-back',
    text(BACK_MS),
    'the standing of rates and recoveries: a rush or an outage is looked for that far back',
    'as long as every sample is kept',
  ),
  figure(
    'own-availability',
    Decimal.of(OWN_AVAILABILITY).toPercent(),
    ASSUMED,
    'of the service itself, without its needs',
  ),
  figure(
    'need-availability',
    Object.entries(NEED_AVAILABILITY)
      .map(([kind, share]) => `${kind} ${Decimal.of(share).toPercent()}`)
      .join(', '),
    ASSUMED,
    'the monthly uptime that service level agreements of managed ones name; a promise on the need replaces it',
  ),
  figure('faults-per', text(FAULTS_PER_MS), ASSUMED, 'the time that losses and bad deploys are counted in'),
  figure('instance-losses', String(INSTANCE_LOSSES), ASSUMED, `in ${text(FAULTS_PER_MS)}`),
  figure('host-losses', String(HOST_LOSSES), ASSUMED, `in ${text(FAULTS_PER_MS)}`),
  figure('bad-deploys', String(BAD_DEPLOYS), ASSUMED, `in ${text(FAULTS_PER_MS)}`),
  figure('instance-back', text(INSTANCE_BACK_MS), ASSUMED, 'measured on Docker, kill to healthy'),
  figure('host-back', text(HOST_BACK_MS), ASSUMED, 'until a machine has started again, with all that is on it'),
  figure('switch-back', text(SWITCH_BACK_MS), ASSUMED, 'from the breach to the old release serving again'),
  figure('pool-size', `${POOL_SIZE} connections`, ASSUMED, "of one instance: the default of node-postgres' pool"),
  figure('headroom', Decimal.of(HEADROOM).toPercent(), ASSUMED, 'of the measured capacity, kept free for bursts'),
]

/** Counts of instances follow from one another where only some are declared. */
function scaleOf({ services }: ResolvedApp): readonly Explanation[] {
  return Object.entries(services)
    .filter(([, { run }]) => run.kind !== 'static')
    .map(([name, { instances, scale }]) => ({
      what: `services.${name}.instances`,
      value: `${instances} to begin with, ${scale.max} at most`,
      from: `services.${name}.scale`,
      arithmetic: [
        `begins with scale.min = ${scale.min}`,
        scale.max === scale.min ? 'scale.max is scale.min where it is not declared' : `scale.max = ${scale.max}`,
      ],
    }))
}

function text(ms: number): string {
  return durationText(Decimal.of(ms))
}
