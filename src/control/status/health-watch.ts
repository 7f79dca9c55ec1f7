import type { Clock } from '../../core/clock.ts'
import type { Instance } from '../../deploy/release.ts'
import type { Fleet } from '../../gateway/admin/fleet.ts'
import type { SeriesQuery } from '../../observe/series/query.ts'
import type { Alerts } from '../alerts/alerts.ts'
import type { FiringAlert, HealthReport, ServiceLine } from '../api/health-methods.ts'
import { readTrail } from '../audit/read-trail.ts'
import { diskOf } from '../disk.ts'
import type { Instances } from '../instances.ts'
import type { Needs } from '../needs/needs.ts'
import type { Scaler } from '../scale/scaler.ts'
import type { State } from '../state.ts'
import { answerOf, DATA_MS_MAX, type HealthFacts } from './answer.ts'
import { BEFORE_MS, changesBefore } from './changes.ts'
import { measure, NOT_MEASURED, NO_HOST, type Measurement } from './measure.ts'

const LOOKED_AT = { incidents: 100, deploys: 20, trail: 500, events: 1_000 } as const

/** What crashes at its start is up for a moment again and again. */
const SETTLED_MS = 2_000

export interface HealthWatchOptions {
  readonly folder: string
  readonly state: State
  readonly clock: Clock
  readonly query: Pick<SeriesQuery, 'instant' | 'raw'>
  readonly alerts: Pick<Alerts, 'overview' | 'incidents'>
  readonly instances: Pick<Instances, 'instances'>
  readonly scaler: Pick<Scaler, 'status'>
  readonly needs: Pick<Needs, 'list'>
  readonly fleet: Pick<Fleet, 'workers'>
}

/** Whether the app is fine, and since when: asks the series at every beat, everything else whenever somebody looks. */
export class HealthWatch {
  readonly #options: HealthWatchOptions
  readonly #startedAtMs: number
  #measured: Measurement | null = null

  constructor(options: HealthWatchOptions) {
    this.#options = options
    this.#startedAtMs = options.clock.now()
  }

  async measure(): Promise<void> {
    const { query, state, clock } = this.#options
    const live = state.get('live')
    const config = live === null ? null : (state.release(live)?.config ?? null)
    this.#measured = await measure(query, config, clock.now())
  }

  /** Notes when the answer becomes another one. Cheap: nothing is asked of the series. */
  look(): void {
    this.#note(this.#facts())
  }

  report(): HealthReport {
    const { alerts, state, folder } = this.#options
    const facts = this.#facts()
    const { state: answer, since, reasons } = this.#note(facts)
    const { nowMs: at, firing, promises, services, measuredAtMs: measuredAt } = facts
    return {
      at,
      state: answer,
      since,
      reasons,
      changes: changesBefore(since, {
        deploys: state.deploys(LOOKED_AT.deploys),
        trail: readTrail(folder, { sinceMs: since - BEFORE_MS, limit: LOOKED_AT.trail }),
        events: state.events(0, LOOKED_AT.events),
      }),
      incidents: alerts.incidents
        .list(LOOKED_AT.incidents)
        .filter(({ resolvedAtMs }) => resolvedAtMs === null)
        .map(({ id, severity, title, openedAtMs, acknowledgedAtMs }) => ({
          id,
          severity,
          title,
          openedAt: openedAtMs,
          acknowledgedAt: acknowledgedAtMs,
        })),
      firing,
      promises,
      services,
      host: this.#measured?.host ?? NO_HOST,
      measuredAt,
    }
  }

  /** A control that has just begun has not looked yet: that is no change of what its predecessor knew. */
  #note(facts: HealthFacts): ReturnType<typeof answerOf> & { readonly since: number } {
    const { state } = this.#options
    const { nowMs } = facts
    const answer = answerOf(facts)
    const before = state.get('health')
    // Never in the future: the clock may have been set back since.
    if (before?.state === answer.state) return { ...answer, since: Math.min(before.since, nowMs) }
    const hasJustBegun = this.#measured === null && nowMs - this.#startedAtMs < DATA_MS_MAX
    if (before !== null && answer.state === 'unknown' && hasJustBegun) return { ...answer, since: this.#startedAtMs }
    const [worst] = answer.reasons
    const text = worst === undefined ? answer.state : `${answer.state}: ${worst.text}`
    state.late.do(() =>
      state.atomically(() => {
        state.set('health', { state: answer.state, since: nowMs })
        if (before !== null) state.addEvent(nowMs, 'health', text)
      }),
    )
    return { ...answer, since: nowMs }
  }

  #facts(): HealthFacts {
    const { clock, state, alerts, instances, needs, fleet, folder } = this.#options
    const live = state.get('live')
    const listed = alerts.overview().alerts
    const measured = this.#measured
    const nowMs = clock.now()
    const failing = instances.instances().filter((one) => one.release === live && hasFailed(one, nowMs))
    return {
      nowMs,
      live,
      measuredAtMs: measured?.atMs ?? null,
      because: measured?.because ?? null,
      gatewayWorkers: fleet.workers().length,
      services: this.#services(failing),
      failing: failing.map(({ id, service, state: its, lastExit }) => ({
        id,
        service,
        text: `instance ${id} is ${its === 'running' ? 'back for a moment' : its}${lastExit === null ? '' : `, it ${lastExit}`}`,
      })),
      firing: listed
        .filter(({ state: its }) => its === 'firing')
        .map(({ rule, severity, summary, value, firedAtMs, held }): FiringAlert => ({
          rule,
          severity,
          summary,
          value,
          firedAt: firedAtMs,
          held: held === null ? null : `${held.stage}: ${held.because}`,
        })),
      noData: listed.filter(({ state: its }) => its === 'no-data').map(({ rule, summary }) => ({ rule, summary })),
      promises: measured?.promises ?? [],
      needs: needs.list(),
      isPaused: state.get('pause') !== null,
      isDiskFull: diskOf(folder, state.late.waiting).isFull,
    }
  }

  #services(failing: readonly Instance[]): readonly ServiceLine[] {
    const { scaler, state } = this.#options
    const stopped = new Set(state.get('stoppedServices'))
    return scaler.status().map(({ service, wanted, running }) => ({
      service,
      wanted,
      running: running - failing.filter((one) => one.service === service && one.state === 'running').length,
      stopped: stopped.has(service),
      ...(this.#measured?.services.get(service) ?? NOT_MEASURED),
    }))
  }
}

/** Ended by itself, and not back for long enough to say that it runs: one that merely starts has no end behind it. */
function hasFailed({ state, restarts, lastExit, startedAt }: Instance, nowMs: number): boolean {
  if (state === 'restarting' || state === 'crash-loop') return true
  if (restarts === 0 || lastExit === null) return false
  return state === 'starting' || (state === 'running' && startedAt <= nowMs && nowMs - startedAt < SETTLED_MS)
}
