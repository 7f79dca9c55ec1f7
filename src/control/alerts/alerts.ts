import { randomUUID } from 'node:crypto'
import type { Clock } from '../../core/clock.ts'
import type { Logger } from '../../core/logger.ts'
import { Problem } from '../../core/problem.ts'
import type { ResolvedApp } from '../../config/resolved.ts'
import type { Alert } from '../../observe/alerts/alert.ts'
import { fillSummary } from '../../observe/alerts/evaluate/summary.ts'
import { Evaluator } from '../../observe/alerts/evaluate/evaluator.ts'
import { alertKey } from '../../observe/alerts/evaluate/track.ts'
import { live, resolve, verdictsOf, type Step, type Surroundings } from '../../observe/alerts/incident-life.ts'
import type { IncidentRecord } from '../../observe/alerts/incident-record.ts'
import { isOpen, notificationId, type Notification } from '../../observe/alerts/incident.ts'
import { movedSilence, type Move } from '../../observe/alerts/set-back.ts'
import type { Context, Firing } from '../../observe/alerts/stages/context.ts'
import { REPEAT_MS } from '../../observe/alerts/stages/deduplicate.ts'
import { HEARTBEAT, isForAll, PAGER } from '../../observe/alerts/stages/route.ts'
import type { SeriesQuery, SeriesSink } from '../../observe/series/query.ts'
import type { AlertRule } from '../../promises/alert-rule.ts'
import { headline } from '../notify/alert-message.ts'
import type { ChannelFile } from '../notify/channels.ts'
import type { Letter } from '../notify/letter.ts'
import type { Outbox } from '../notify/outbox.ts'
import type { AlertsOverview, ListedAlert } from '../api/alerts-methods.ts'
import type { State } from '../state.ts'
import { makeAlertStore } from './alert-table.ts'
import { makeIncidents, type Incidents } from './incident-table.ts'
import type { AlertPath } from './source.ts'
import { Refusals } from './refusals.ts'
import { rulesInForce, type RulesInForce } from './rules-in-force.ts'
import { makeSilences, type Silences } from './silence-table.ts'

/** Rules that are asked at once when an instance is known to be down, without waiting for the beat. */
const OUTAGE_RULES: ReadonlySet<string> = new Set(['ServiceDown', 'InstanceDown'])

const NOBODY = { sent: 0, failed: 0 } as const

export interface AlertsOptions {
  readonly app: string
  readonly environment: string
  readonly state: State
  readonly clock: Clock
  readonly logger: Logger
  readonly query: Pick<SeriesQuery, 'instant'>
  readonly outbox: Outbox
  readonly channels: ChannelFile
  /** By how much the clock was set back since this was asked last. @default never */
  readonly setBackMs?: () => number
  /** By how much windows are shorter, in tests. @default 1 */
  readonly windowFactor?: number
}

/** The environment's alerts and incidents: evaluates, decides who is told, and puts it into the outbox in one change. */
export class Alerts {
  readonly silences: Silences
  readonly incidents: Incidents
  readonly evaluator: Evaluator
  readonly #options: AlertsOptions
  readonly #refusals: Refusals
  readonly #told = new Map<string, { readonly sent: number; readonly failed: number }>()
  readonly #rulesOf: (release: { id: string; config: ResolvedApp } | null) => RulesInForce

  constructor(options: AlertsOptions) {
    const { state, query, clock, windowFactor = 1 } = options
    this.#options = options
    this.silences = makeSilences(state)
    this.incidents = makeIncidents(state)
    const store = makeAlertStore(state, (alert) => this.#note(alert))
    this.evaluator = new Evaluator({ query, store, startedAtMs: clock.now() })
    this.#moveIncidents(clock.now(), (atMs) => Math.min(atMs, clock.now()))
    this.#rulesOf = rulesInForce(windowFactor)
    this.#refusals = new Refusals((text) => state.addEvent(clock.now(), 'alert-rule', text))
  }

  /** All rules, at one instant. */
  async evaluate(): Promise<void> {
    await this.#evaluate(null)
  }

  /** A sink that passes everything on, and hears at once of what went down between two beats. */
  hearing(sink: SeriesSink): SeriesSink {
    return {
      cutFrom: (fromMs) => sink.cutFrom?.(fromMs),
      append: (readings) => {
        sink.append(readings)
        const down = readings.filter(({ metric, value }) => metric === 'seaworthy_instance_up' && value === 0)
        if (down.length === 0) return
        this.#evaluate(OUTAGE_RULES, Math.max(...down.map(({ atMs }) => atMs))).catch((error: unknown) =>
          this.#options.logger.error('evaluating an outage failed', { error: String(error) }),
        )
      },
    }
  }

  /** Tells what is to be told now. Cheap when there is nothing. */
  look(): void {
    this.#lookAtClock()
    const nowMs = this.#options.clock.now()
    for (const step of live(this.#firing(), this.#around(nowMs))) this.#save(step)
  }

  /** What the path of alerts says of itself. */
  path(): AlertPath {
    for (const name of this.#options.channels.names()) if (!this.#told.has(name)) this.#told.set(name, NOBODY)
    return { completeAtMs: this.evaluator.completeAtMs, told: this.#told }
  }

  overview(): AlertsOverview {
    const firing = this.#firing()
    const verdicts = verdictsOf(firing, this.#around(this.#options.clock.now()))
    const alerts = this.evaluator.alerts().flatMap((alert): ListedAlert[] => {
      const rule = this.#ruleOf(alert.rule)
      if (rule === null) return []
      const verdict = verdicts.get(alertKey(alert)) ?? { kind: 'pass' }
      const { severity, runbook } = rule
      const held = verdict.kind === 'hold' ? verdict : null
      return [{ ...alert, severity, runbook, summary: fillSummary(rule.summary, alert), held }]
    })
    const rules = this.#rules().rules.map(({ name, severity, origin }) => ({ name, severity, origin: origin.kind }))
    return {
      alerts,
      rules,
      silences: this.silences.all(),
      evaluatedAtMs: this.evaluator.completeAtMs,
      isWatchedOutside: this.#options.channels.names().includes(HEARTBEAT),
    }
  }

  acknowledge(id: string, by: string): IncidentRecord {
    const incident = this.incident(id)
    if (incident.resolvedAtMs !== null)
      throw new Problem('incident.over', `${id} is over`, { hint: 'See `seaworthy incidents list`.' })
    if (incident.acknowledgedAtMs !== null) return incident
    const atMs = this.#options.clock.now()
    const acknowledged = { ...incident, acknowledgedAtMs: atMs }
    const { app, environment } = this.#options
    const { severity, runbook, title, dedupKey } = incident
    const about = { app, environment, incident: id, kind: 'acknowledged' } as const
    const key = dedupKey === undefined ? {} : { dedupKey }
    const facts = { ...key, severity, runbook, title: `${title} (${by})`, alerts: [], atMs }
    const notification = { ...about, ...facts, id: notificationId(about, incident.messages - 1) }
    this.#options.state.atomically(() => {
      this.incidents.save(acknowledged)
      this.incidents.add(id, { atMs, by, kind: 'acknowledged' })
      this.#send(
        notification,
        incident.told.filter((channel) => this.#isMachine(channel)),
      )
    })
    return acknowledged
  }

  /** A cause is what is learned of it: one that ended by itself takes it afterwards as well. */
  resolve(id: string, by: string, cause: string): IncidentRecord {
    const incident = this.incident(id)
    const around = this.#around(this.#options.clock.now())
    if (incident.resolvedAtMs === null) {
      const step = resolve(incident, { by, cause }, around)
      this.#save(step)
      return step.incident
    }
    const explained = { ...incident, cause }
    this.#options.state.atomically(() => {
      this.incidents.save(explained)
      this.incidents.add(id, { atMs: around.nowMs, by, kind: 'resolved', cause })
    })
    return explained
  }

  note(id: string, by: string, text: string): void {
    this.incident(id)
    this.incidents.add(id, { atMs: this.#options.clock.now(), by, kind: 'note', text })
  }

  /** @throws Problem `incident.unknown` */
  incident(id: string): IncidentRecord {
    const incident = this.incidents.find(id)
    if (incident === null)
      throw new Problem('incident.unknown', `there is no incident ${id}`, { hint: 'See `seaworthy incidents list`.' })
    return incident
  }

  /** A message that says it is a test, to one channel; delivered like any other. */
  test(channel: string, by: string): string {
    const { app, environment, state, clock, channels } = this.#options
    if (!channels.names().includes(channel) || (!isForAll(channel) && channel !== PAGER)) {
      const known = channels.names().filter((name) => isForAll(name) || name === PAGER)
      throw new Problem('alerts.no-channel', `there is no channel ${channel}`, {
        hint: known.length === 0 ? 'Declare one in alerts.channels, and deploy.' : `One of: ${known.join(', ')}.`,
      })
    }
    const about = { app, environment, incident: null, kind: 'test' } as const
    const notification: Notification = {
      ...about,
      id: notificationId(about, state.nextNumber('test-notification')),
      severity: 'P3',
      title: `${by} tries whether this channel works`,
      alerts: [],
      runbook: null,
      atMs: clock.now(),
    }
    this.#send(notification, [channel])
    return notification.id
  }

  /** An escalation is for somebody who has not answered yet: once somebody has, or it is over, nobody wants it. */
  isWanted(letter: Letter): boolean {
    if (letter.kind !== 'alert' || letter.notification.kind !== 'escalated') return true
    const incident = this.incidents.find(letter.notification.incident ?? '')
    return incident !== null && isOpen(incident)
  }

  /** What came of telling a channel. */
  onOutcome(letter: Letter, channel: string, outcome: 'sent' | 'failed'): void {
    if (letter.kind !== 'alert') return
    const { incident } = letter.notification
    if (incident !== null && this.incidents.find(incident) !== null) {
      const atMs = this.#options.clock.now()
      this.incidents.add(incident, { atMs, by: 'control', kind: 'notification', channel, outcome })
    }
    // Last: what finds no room to be written is tried again, and not counted twice.
    this.#count(channel, outcome)
  }

  /** A channel that takes nothing for a while has failed long before it is given up. */
  onLate(letter: Letter, channel: string): void {
    if (letter.kind === 'alert') this.#count(channel, 'failed')
  }

  #count(channel: string, outcome: 'sent' | 'failed'): void {
    const before = this.#told.get(channel) ?? NOBODY
    this.#told.set(channel, { ...before, [outcome]: before[outcome] + 1 })
  }

  async #evaluate(only: ReadonlySet<string> | null, fromMs = 0): Promise<void> {
    this.#lookAtClock()
    const { clock, logger } = this.#options
    const atMs = Math.max(clock.now(), fromMs)
    const pass = await this.evaluator.evaluate(this.#rules().rules, atMs, only)
    if (pass.failed !== null) logger.error('alerts were not evaluated', { because: pass.failed })
    if (pass.dropped > 0) logger.error('too many alerts', { dropped: pass.dropped })
    if (only === null) this.#refusals.note(pass.refused)
    this.look()
  }

  /** How long something has lasted is what alerts and incidents go by: by a clock that was set back they would wait for it. */
  #lookAtClock(): void {
    const { clock, setBackMs = () => 0, logger, state } = this.#options
    const byMs = setBackMs()
    if (byMs === 0) return
    const nowMs = clock.now()
    const move = (atMs: number): number => atMs - byMs
    this.evaluator
      .move(move)
      .catch((error: unknown) => logger.error('alerts kept their old times', { error: String(error) }))
    state.atomically(() => {
      this.#moveIncidents(nowMs + byMs, move)
      for (const silence of this.silences.all()) this.silences.save(movedSilence(silence, nowMs, byMs))
    })
  }

  /** Those that go on, or may come back. */
  #moveIncidents(nowMs: number, move: Move): void {
    for (const incident of this.incidents.current(nowMs - REPEAT_MS.P2)) this.incidents.move(incident, move)
  }

  #note(alert: Alert): void {
    const { state, clock } = this.#options
    if (alert.state === 'firing') state.addEvent(clock.now(), 'alert-fired', this.#words(alert))
    else if (alert.resolvedAtMs !== null) state.addEvent(clock.now(), 'alert-resolved', this.#words(alert))
  }

  #save({ incident, send, entries }: Step): void {
    this.#options.state.atomically(() => {
      this.incidents.save(incident)
      for (const entry of entries) this.incidents.add(incident.id, entry)
      for (const { notification, to } of send) this.#send(notification, to)
    })
  }

  #send(notification: Notification, to: readonly string[]): void {
    const { outbox, clock } = this.#options
    const letter: Letter = { kind: 'alert', notification }
    for (const channel of to) outbox.add({ channel, about: headline(notification), body: { letter } }, clock.now())
  }

  /** Programs go on by it; people know it from the one who did it. */
  #isMachine(channel: string): boolean {
    const kind = this.#options.channels.find(channel)?.kind
    return kind === 'pagerduty' || kind === 'webhook'
  }

  #firing(): readonly Firing[] {
    return this.#those(({ state }) => state === 'firing')
  }

  #those(are: (alert: Alert) => boolean): readonly Firing[] {
    return this.evaluator.alerts().flatMap((alert): Firing[] => {
      const rule = are(alert) ? this.#ruleOf(alert.rule) : null
      return rule === null ? [] : [{ key: alertKey(alert), alert, rule }]
    })
  }

  #around(nowMs: number): Surroundings & Context {
    const { app, environment, channels } = this.#options
    const alerts = this.#live()?.config.alerts
    return {
      app,
      environment,
      nowMs,
      ended: this.#those(({ resolvedAtMs }) => resolvedAtMs !== null),
      rules: this.#rules().byName,
      silences: this.silences.all(),
      maintenance: alerts?.maintenance ?? [],
      routes: alerts?.routes ?? [],
      channels: channels.names(),
      incidents: this.incidents.current(nowMs - REPEAT_MS.P2),
      nextId: () => this.incidents.nextId(),
      nonce: () => randomUUID(),
    }
  }

  #words(alert: Alert): string {
    const rule = this.#ruleOf(alert.rule)
    return `${alertKey(alert)}${rule === null ? '' : `: ${fillSummary(rule.summary, alert)}`}`
  }

  #ruleOf(name: string): AlertRule | null {
    return this.#rules().byName.get(name) ?? null
  }

  #rules(): RulesInForce {
    return this.#rulesOf(this.#live())
  }

  #live() {
    const { state } = this.#options
    const live = state.get('live')
    return live === null ? null : state.release(live)
  }
}
