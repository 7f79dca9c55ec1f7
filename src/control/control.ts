import { mkdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import { ClockWatch } from '../core/clock-watch.ts'
import { systemClock, type Clock } from '../core/clock.ts'
import type { Logger } from '../core/logger.ts'
import { SCRAPE_MS } from '../core/series/series.ts'
import type { Entrance } from '../deploy/entrance.ts'
import type { Release } from '../deploy/release.ts'
import type { Fleet } from '../gateway/admin/fleet.ts'
import type { Status } from './api/contract.ts'
import { Alerts } from './alerts/alerts.ts'
import { Heartbeat } from './alerts/heartbeat.ts'
import { readWindowFactor } from './alerts/rules-in-force.ts'
import { alertPathSource } from './alerts/source.ts'
import { Approvals } from './approvals.ts'
import { Certificates } from './certificates/certificates.ts'
import { CounterHistory } from './counter-history.ts'
import type { EnvironmentFile } from './environment.ts'
import type { Gateways } from './gateways.ts'
import type { Limits } from './guard/limits.ts'
import { AfterDeploy } from './hooks/after-deploy.ts'
import { Jobs } from './jobs.ts'
import type { KeeperLink } from './keeper-link.ts'
import type { Instances } from './instances.ts'
import { lastLines } from './last-lines.ts'
import { Leases } from './lease.ts'
import { logSecretsOf } from './observe/log-secrets.ts'
import { Migrations } from './migrations/migrations.ts'
import { variablesOf, type ConnectionsOf } from './needs/connection.ts'
import { Needs } from './needs/needs.ts'
import { MemoryWatch } from './memory-watch.ts'
import { EnvironmentSeries } from './observe/environment-series.ts'
import { Collection } from './observe/collection.ts'
import { storeSources } from './observe/store-sources.ts'
import { ChannelFile } from './notify/channels.ts'
import type { Letter } from './notify/letter.ts'
import { makeOutbox } from './notify/outbox.ts'
import { Postman } from './notify/postman.ts'
import { Pauses } from './pause.ts'
import { Security } from './guard/security.ts'
import { Execs } from './scale/exec.ts'
import { inTable } from './scale/outside.ts'
import { Scaler } from './scale/scaler.ts'
import type { ScaleTiming } from './scale/timing.ts'
import { Services } from './services.ts'
import { Deploys } from './deploys.ts'
import { diskOf } from './disk.ts'
import { Retention } from './retention.ts'
import { Roster } from './roster.ts'
import { Rollouts, type RolloutsWorld } from './rollout/rollouts.ts'
import { Witnesses } from './rollout/witnesses.ts'
import { SecretFiles } from './secrets.ts'
import { HealthWatch } from './status/health-watch.ts'
import { makeLive } from './live/make-live.ts'
import type { Live } from './live/live.ts'
import type { State } from './state.ts'
import { Supervisor } from './supervisor.ts'
import { LogThread } from '../observe/logs/thread/client.ts'
import type { TakenSpans, Trace } from '../observe/traces/span.ts'
import { readSavedTable } from '../gateway/table-store.ts'
import { Traffic } from './traffic.ts'

const SHUTDOWN_GRACE_MS = 30_000

export interface ControlOptions {
  readonly folder: string
  readonly environment: EnvironmentFile
  readonly keeper: KeeperLink
  readonly fleet: Fleet
  readonly workers: Gateways
  readonly limits: Limits
  readonly state: State
  readonly logger: Logger
  readonly scaleTiming: ScaleTiming
}

/** The environment's one long-lived process: holds its parts together and does what needs several of them. */
export class Control {
  readonly state: State
  readonly fleet: Fleet
  readonly leases: Leases
  readonly supervisor: Supervisor
  /** Either of them, by the environment's target. */
  readonly instances: Instances
  readonly roster: Roster
  readonly traffic: Traffic
  readonly certificates: Certificates
  readonly scaler: Scaler
  readonly execs: Execs
  readonly retention: Retention
  readonly services: Services
  readonly deploys: Deploys
  readonly jobs: Jobs
  readonly needs: Needs
  readonly logs: LogThread
  readonly migrations: Migrations
  readonly rollouts: Rollouts
  readonly witnesses: Witnesses
  readonly pauses: Pauses
  readonly workers: Gateways
  readonly approvals: Approvals
  readonly afterDeploy: AfterDeploy
  readonly security: Security
  readonly limits: Limits
  readonly series: EnvironmentSeries
  readonly collection: Collection
  readonly alerts: Alerts
  readonly heartbeat: Heartbeat
  readonly health: HealthWatch
  readonly live: Live
  readonly postman: Postman
  readonly folder: string
  readonly history = new CounterHistory()
  readonly memory = new MemoryWatch()
  readonly clock: Clock = systemClock
  readonly #options: ControlOptions
  readonly #secrets: SecretFiles
  readonly #since = Date.now()
  #isStopping = false

  constructor(options: ControlOptions) {
    const { folder, keeper, state, logger, fleet } = options
    this.#options = options
    this.folder = folder
    this.state = state
    this.fleet = fleet
    this.#secrets = new SecretFiles(folder)
    this.leases = new Leases(state, this.clock)
    this.limits = options.limits
    this.security = new Security({ folder, state, clock: this.clock, logger, table: () => fleet.current })
    this.needs = new Needs({
      folder,
      path: options.environment.path,
      state,
      keeper,
      acts: (options.environment.target ?? 'process') === 'process',
      onThere: () => this.#wakeInstances(),
    })
    const knownOf = (id: string, service: string) => {
      const release = state.release(id)
      return release === null ? {} : variablesOf(this.connectionsOf(release, service))
    }
    const needsOf = (id: string, service: string) => {
      const release = state.release(id)
      if (release !== null) this.needs.requireFor(release, service)
      return knownOf(id, service)
    }
    this.supervisor = new Supervisor({
      folder,
      keeper,
      state,
      secrets: this.#secrets,
      variablesOf: needsOf,
      clock: this.clock,
      logger,
    })
    const changed = () => this.traffic.refresh(state.get('token'))
    this.roster = new Roster({ state, clock: this.clock, variablesOf: knownOf, changed })
    this.instances = (options.environment.target ?? 'process') === 'process' ? this.supervisor : this.roster
    const { supervisor, instances, roster, clock } = this
    const seen = { instances: () => inTable(state, instances.instances()) }
    this.certificates = new Certificates({
      folder,
      state,
      clock,
      port: () => options.workers.httpsPort,
      readsFiles: instances.acts,
      inForce: () => readSavedTable(folder),
      changed,
    })
    const tlsOf = (release: Release) => this.certificates.tableOf(release)
    this.traffic = new Traffic({ folder, state, fleet, instances: seen, clock, tlsOf, workers: options.workers })
    const { path } = options.environment
    const isBusy = () => this.#isBusy()
    const { memory, traffic } = this
    const members = { folder, path, state, instances, supervisor, roster, memory, traffic, fleet, clock, isBusy }
    this.scaler = new Scaler({ ...members, timing: options.scaleTiming })
    this.execs = new Execs({ folder, path, state, clock, secrets: this.#secrets, variablesOf: needsOf })
    this.services = new Services({ ...members, secrets: this.#secrets })
    this.retention = new Retention({
      folder,
      state,
      instances,
      roster: roster.table,
      secrets: this.#secrets,
      clock,
      isBusy,
    })
    const onDamaged = (text: string): void => state.late.do(() => state.addEvent(clock.now(), 'store-damaged', text))
    this.series = new EnvironmentSeries({ folder, state, clock, logger, onDamaged })
    this.pauses = new Pauses({ state, traffic: this.traffic, fleet, clock })
    this.workers = options.workers
    this.jobs = new Jobs(keeper, folder)
    const { jobs, connectionsOf } = this
    this.migrations = new Migrations({ folder, state, jobs, keeper, clock, connectionsOf, acts: instances.acts })
    const outputs = { state, secrets: this.#secrets, jobs, variablesOf: needsOf }
    this.logs = new LogThread({
      stateFolder: folder,
      secretsOf: (output) => logSecretsOf(outputs, output),
      onTrouble: (error) => logger.error('the logs are in trouble', { error }),
      onDamaged: (text) => {
        logger.error(text)
        onDamaged(text)
      },
    })
    const entrance = () => this.#entrance()
    this.witnesses = new Witnesses(state, { entrance, word: options.limits.witness }, logger)
    this.rollouts = new Rollouts(this.#rolloutWorld(), logger)
    const { environment } = options
    this.approvals = new Approvals({ ...environment, state, clock })
    const { approvals } = this
    const [outbox, channels] = [makeOutbox(state), new ChannelFile(folder)]
    const told = { outbox, channels, clock }
    const runs = instances.acts
    this.afterDeploy = new AfterDeploy({ folder, path, state, jobs, approvals, logger, ...told, runs })
    const { leases, afterDeploy, witnesses, rollouts, retention, services } = this
    const parts = { leases, approvals, afterDeploy, witnesses, rollouts, retention, services }
    this.deploys = new Deploys({ folder, state, clock, secrets: this.#secrets, ...parts })
    for (const name of ['logs', 'proofs', 'releases', 'instances'])
      mkdirSync(join(folder, name), { recursive: true, mode: 0o700 })
    const { scaler, needs, certificates, security } = this
    const table = () => security.table()
    const measured = { state, instances, fleet, table, scaler, needs, certificates, security, clock, logger }
    const folders = [folder, join(folder, 'releases')]
    const { app, environment: name } = environment
    const onEvent = (kind: string, text: string): void => state.addEvent(clock.now(), kind, text)
    const windowFactor = readWindowFactor()
    const watched = { app, environment: name, ...told }
    const clockWatch = new ClockWatch({ now: () => clock.now(), leastMs: SCRAPE_MS })
    const setBackMs = (): number => clockWatch.setBackMs()
    this.alerts = new Alerts({ ...watched, state, logger, query: this.series.own, setBackMs, windowFactor })
    const { alerts } = this
    this.collection = new Collection({ ...measured, folders, sink: alerts.hearing(this.series) })
    const own = [alertPathSource(() => alerts.path()), ...storeSources(this.series, this.logs)]
    this.collection.add(() => own)
    this.health = new HealthWatch({ ...measured, folder, query: this.series, alerts })
    const { health, logs } = this
    const status = (): Promise<Status> => this.status()
    this.live = makeLive({ state, status, health, needs, alerts, rollouts, logs, clock, logger })
    this.heartbeat = new Heartbeat({ ...watched, evaluatedAtMs: () => alerts.evaluator.evaluatedAtMs, onEvent })
    const isWanted = (letter: Letter): boolean => alerts.isWanted(letter)
    this.postman = new Postman({
      ...told,
      onEvent,
      isWanted,
      onOutcome: (...what) => alerts.onOutcome(...what),
      onLate: (...what) => alerts.onLate(...what),
    })
  }

  async status(): Promise<Status> {
    const { environment, workers } = this.#options
    const host = environment.host === '127.0.0.1' ? '127.0.0.1' : 'localhost'
    return {
      app: environment.app,
      environment: environment.environment,
      url: environment.url ?? `http://${host}:${workers.entrance.port}`,
      controlPid: process.pid,
      since: this.#since,
      world: this.state.world(),
      promoted: this.state.release(this.state.get('live') ?? '')?.promoted ?? null,
      lease: this.leases.look(),
      running: this.state.runningDeploy(),
      last: this.state.deploys(1)[0] ?? null,
      instances: this.instances.instances(),
      gateway: await workers.status(this.fleet),
      tls: this.certificates.status(),
      stoppedServices: this.state.get('stoppedServices'),
      heldServices: this.state.get('heldServices'),
      owed: this.roster.owed(),
      owedHooks: this.afterDeploy.elsewhere.owed(),
      paused: this.pauses.status(),
      canary: this.rollouts.trial(),
      scaling: this.scaler.status(),
      metricsPort: this.state.get('metricsPort'),
      disk: diskOf(this.#options.folder, this.state.late.waiting),
    }
  }

  /** Front to back: the gateway finishes what is in flight, then the instances go; the keeper ends the rest and itself. */
  async stopEnvironment(): Promise<void> {
    // From here on nobody mends anything: a table of instances that are stopping would greet the next `up`.
    this.#isStopping = true
    try {
      await this.#options.workers.stop()
      await this.supervisor.halt()
      await this.needs.halt()
    } catch (error) {
      this.#isStopping = false
      throw error
    }
    this.collection.end()
    // Without its series it stops all the same.
    await this.series.written().catch(() => {})
    this.live.stop()
    setImmediate(() => {
      this.#options.keeper.shutdown(SHUTDOWN_GRACE_MS).catch((error: unknown) => {
        this.#options.logger.error('the keeper did not end', { error: String(error) })
      })
    })
  }

  /** Mends the routing table should it differ from what is live. */
  async reconcileTraffic(): Promise<void> {
    if (this.#isBusy()) return
    const mended = await this.traffic.reconcile()
    if (mended !== null) this.state.addEvent(this.clock.now(), 'table-mended', mended)
  }

  /** The counts of limits are where the live release says, as soon as that has a URL. */
  keepCounts(): void {
    const live = this.state.get('live')
    const release = live === null ? null : this.state.release(live)
    const store = release?.config.guard?.store
    const url = release === null || store === undefined ? null : this.needs.urlOf(release, store)
    const { app, environment } = this.#options.environment
    this.#options.limits.keepIn(url === null ? null : { url, prefix: `seaworthy:${app}:${environment}` })
  }

  /** Lines and traces go on to where the live release says. */
  async sendTelemetry(): Promise<void> {
    const live = this.state.get('live')
    const telemetry = live === null ? undefined : this.state.release(live)?.config.telemetry
    const { app, environment } = this.#options.environment
    const to = { app, environment, loki: telemetry?.loki ?? null, otlp: telemetry?.otlp ?? null }
    await this.logs.send(to)
  }

  /** They are nobody's only record: what finds no room is let go. */
  keepTraces(traces: readonly Trace[]): void {
    this.logs.call('addTraces', { traces }).catch((error: unknown) => {
      this.#options.logger.warn('traces were not kept', { count: traces.length, error: String(error) })
    })
  }

  /** To where the live release says: what finds no room, or nobody to take it, is counted. */
  sendSpans({ requests, left }: TakenSpans): void {
    // First, so that what comes right behind a switch finds where it goes.
    const told = this.sendTelemetry().then(() => this.logs.call('addSpans', { requests, left }))
    told.catch((error: unknown) => {
      this.#options.logger.warn('spans were not sent on', { requests: requests.length, error: String(error) })
    })
  }

  /** Stops the servers that no release uses any more. */
  async settleNeeds(): Promise<void> {
    if (!this.#isBusy()) await this.needs.settle()
  }

  /** What waited for a need goes on at once. */
  #wakeInstances(): void {
    for (const { release, service } of this.supervisor.instances()) this.supervisor.wake(release, service)
  }

  #isBusy(): boolean {
    if (this.#isStopping) return true
    return this.leases.look() !== null || this.state.runningDeploy() !== null || this.rollouts.isRunning()
  }

  connectionsOf: ConnectionsOf = (release, service) => this.needs.connectionsOf(release, service)

  linesOf(name: string, count: number): readonly string[] {
    const lines = lastLines(join(this.#options.folder, 'logs', `${basename(name)}.log`), count)
    return lines.map(this.instances.scrubOf(name))
  }

  /** Where users come in; over HTTPS where that is served: plain HTTP may do nothing but send them there. */
  #entrance(): Entrance {
    const port = this.certificates.servedOn()
    return { ...this.#options.workers.entrance, ...(port === null ? { secure: false } : { port, secure: true }) }
  }

  #rolloutWorld(): RolloutsWorld {
    const { fleet } = this.#options
    return {
      state: this.state,
      leases: this.leases,
      clock: this.clock,
      witnesses: this.witnesses,
      traffic: this.traffic,
      entrance: () => this.#entrance(),
      drain: (upstreams, withinMs) => fleet.drain(upstreams, withinMs),
      report: () => fleet.report(),
      baselineOf: (release, now) => this.history.baselineOf(release, now),
      outOfReach: (release) => this.services.outOfReach(release),
      lacking: (release) => this.services.lacking(release),
      revive: (release, insteadOf) => this.services.revive(release, insteadOf),
      stopInstances: async (release) => void (await this.services.stopAll(release, null)),
      saveProof: (deploy, part) => this.deploys.saveProof(deploy, part),
    }
  }
}
