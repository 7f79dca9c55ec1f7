import { mkdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import { writeFileAtomic } from '../core/atomic-file.ts'
import { systemClock, type Clock } from '../core/clock.ts'
import type { Logger } from '../core/logger.ts'
import { messageOf, Problem } from '../core/problem.ts'
import { scrubOf } from '../core/scrub.ts'
import type { DeployRecord, DeployState } from '../deploy/journal.ts'
import { checkPlanHash } from '../deploy/plan-hash.ts'
import { isRecreated, type Plan } from '../deploy/plan.ts'
import type { Proof } from '../deploy/proof.ts'
import type { Instance, Release } from '../deploy/release.ts'
import type { Fleet } from '../gateway/admin/fleet.ts'
import type { Status } from './api/contract.ts'
import type { DeployOrigin } from './api/hooks-methods.ts'
import { Approvals } from './approvals.ts'
import { CounterHistory } from './counter-history.ts'
import type { EnvironmentFile } from './environment.ts'
import type { GatewayWorkers } from './gateway-workers.ts'
import { AfterDeploy } from './hooks/after-deploy.ts'
import { Jobs } from './jobs.ts'
import type { KeeperLink } from './keeper-link.ts'
import { makeInstances } from './launch.ts'
import { lastLines } from './last-lines.ts'
import { Leases } from './lease.ts'
import { Migrations } from './migrations/migrations.ts'
import { variablesOf, type ConnectionsOf } from './needs/connection.ts'
import { Needs } from './needs/needs.ts'
import { MemoryWatch } from './memory-watch.ts'
import { Pauses } from './pause.ts'
import { Execs } from './scale/exec.ts'
import { inTable } from './scale/outside.ts'
import { Scaler } from './scale/scaler.ts'
import type { ScaleTiming } from './scale/timing.ts'
import { Retention } from './retention.ts'
import type { RolloutDetail } from './rollout/detail.ts'
import type { RolloutWorld } from './rollout/rollout.ts'
import { Rollouts } from './rollout/rollouts.ts'
import { Witnesses } from './rollout/witnesses.ts'
import { SecretFiles, type Secrets } from './secrets.ts'
import type { State } from './state.ts'
import { Supervisor } from './supervisor.ts'
import { Traffic } from './traffic.ts'

const SHUTDOWN_GRACE_MS = 30_000
/** How long going back waits for an old instance to accept connections. */
const REVIVE_MS = 15_000

export interface ControlOptions {
  readonly folder: string
  readonly environment: EnvironmentFile
  readonly keeper: KeeperLink
  readonly fleet: Fleet
  readonly workers: GatewayWorkers
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
  readonly traffic: Traffic
  readonly scaler: Scaler
  readonly execs: Execs
  readonly retention: Retention
  readonly jobs: Jobs
  readonly needs: Needs
  readonly migrations: Migrations
  readonly rollouts: Rollouts
  readonly witnesses: Witnesses
  readonly pauses: Pauses
  readonly workers: GatewayWorkers
  readonly approvals: Approvals
  readonly afterDeploy: AfterDeploy
  readonly history = new CounterHistory()
  readonly memory = new MemoryWatch()
  readonly clock: Clock = systemClock
  readonly #options: ControlOptions
  readonly #secrets: SecretFiles
  readonly #since = Date.now()
  #ending = false

  constructor(options: ControlOptions) {
    const { folder, keeper, state, logger, fleet } = options
    this.#options = options
    this.state = state
    this.fleet = fleet
    this.#secrets = new SecretFiles(folder)
    this.leases = new Leases(state, this.clock)
    this.needs = new Needs({
      folder,
      path: options.environment.path,
      state,
      keeper,
      onThere: () => this.#wakeInstances(),
    })
    const needsOf = (id: string, service: string) => {
      const release = state.release(id)
      if (release !== null) this.needs.requireFor(release, service)
      return release === null ? {} : variablesOf(this.connectionsOf(release, service))
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
    const { supervisor, clock } = this
    const seen = { instances: () => inTable(state, supervisor.instances()) }
    this.traffic = new Traffic({ folder, state, fleet, supervisor: seen, clock })
    const { path } = options.environment
    const isBusy = () => this.#isBusy()
    const members = { folder, path, state, supervisor, traffic: this.traffic, fleet, clock, isBusy }
    this.scaler = new Scaler({ ...members, timing: options.scaleTiming })
    this.execs = new Execs({ folder, path, state, clock, secrets: this.#secrets, variablesOf: needsOf })
    this.retention = new Retention({
      folder,
      state,
      supervisor,
      secrets: this.#secrets,
      clock,
      isBusy,
    })
    this.pauses = new Pauses({ state, traffic: this.traffic, fleet, clock })
    this.workers = options.workers
    this.jobs = new Jobs(keeper, folder)
    const { jobs, connectionsOf } = this
    this.migrations = new Migrations({ folder, state, jobs, keeper, clock, connectionsOf })
    this.witnesses = new Witnesses(state, () => options.workers.port, logger)
    this.rollouts = new Rollouts(this.#rolloutWorld(), logger)
    const { environment } = options
    this.approvals = new Approvals({ ...environment, state, clock })
    const { approvals } = this
    this.afterDeploy = new AfterDeploy({ folder, path: environment.path, state, jobs, approvals, clock, logger })
    for (const name of ['logs', 'proofs', 'releases', 'instances'])
      mkdirSync(join(folder, name), { recursive: true, mode: 0o700 })
  }

  async status(): Promise<Status> {
    const { environment, workers } = this.#options
    const [last] = this.state.deploys(1)
    return {
      app: environment.app,
      environment: environment.environment,
      url: `http://${environment.host === '127.0.0.1' ? '127.0.0.1' : 'localhost'}:${workers.port}`,
      controlPid: process.pid,
      since: this.#since,
      world: this.state.world(),
      lease: this.leases.look(),
      running: this.state.runningDeploy(),
      last: last ?? null,
      instances: this.supervisor.instances(),
      gateway: await workers.status(this.fleet),
      stoppedServices: this.state.get('stoppedServices'),
      paused: this.pauses.status(),
      canary: this.rollouts.trial(),
      scaling: this.scaler.status(),
    }
  }

  beginDeploy(plan: Plan, by: string, origin: DeployOrigin): string {
    checkPlanHash(plan)
    const running = this.state.runningDeploy()
    if (running?.plan.hash === plan.hash) return running.id
    if (running) {
      throw new Problem('deploy.unfinished', `${running.id} was interrupted and is not settled`, {
        hint: 'Run `seaworthy deploy --resume` or `seaworthy deploy --abort` first.',
      })
    }
    const { live, warm, sequence } = this.state.world()
    // A warm release that was retired meanwhile takes nothing from the plan.
    const isWarmOther = warm !== null && plan.base.warm !== warm
    if (plan.base.live !== live || isWarmOther || plan.base.sequence !== sequence) {
      throw new Problem(
        'deploy.moved',
        `the plan was made for ${plan.base.live ?? 'nothing'} live, but ${live ?? 'nothing'} is`,
        {
          hint: 'Somebody deployed meanwhile. Make a new plan: `seaworthy plan`.',
        },
      )
    }
    this.approvals.check(plan, by)
    this.afterDeploy.saveChannels(origin)
    const id = this.state.atomically(() => {
      this.state.set('sequence', Math.max(sequence, plan.release.sequence))
      this.state.saveRelease(plan.release)
      const deploy = this.state.beginDeploy({ kind: plan.kind, by, plan, startedAt: this.clock.now() })
      this.approvals.use(plan.hash, deploy)
      this.afterDeploy.expect(deploy, origin)
      return deploy
    })
    this.witnesses.start(this.state.deploy(id)!)
    return id
  }

  async finishDeploy(deploy: DeployRecord, outcome: DeployState, message: string | null): Promise<void> {
    if (deploy.state !== 'running') return
    await this.witnesses.stop(deploy.id)
    // A refused deploy leaves a proof too: that the live release was not disturbed.
    if (deploy.proof === null) this.#saveProof(deploy, { watch: null, drain: null, canary: null })
    this.state.atomically(() => {
      this.state.finishDeploy(deploy.id, outcome, message, this.clock.now())
      this.state.addEvent(
        this.clock.now(),
        'deploy',
        `${deploy.id} (${deploy.plan.release.id}): ${outcome}${message ? `: ${message}` : ''}`,
      )
      this.retention.forgetOldReleases()
    })
  }

  async startInstances(release: Release, service: string, secrets: Secrets): Promise<readonly Instance[]> {
    if (Object.keys(secrets).length > 0) this.#secrets.save(release.id, service, secrets)
    const { folder, environment } = this.#options
    const artifactFolder = join(folder, 'releases', release.artifacts[service]!)
    const launch = { release, service, artifactFolder, path: environment.path }
    await this.supervisor.untilStopped(release.id, service)
    this.supervisor.wake(release.id, service)
    for (const row of await makeInstances(launch, folder, this.state, this.clock.now()))
      await this.supervisor.start(row)
    return this.supervisor
      .instances()
      .filter((instance) => instance.release === release.id && instance.service === service)
  }

  /** Never what takes traffic, unless the service is recreated and so cannot run beside its next release. */
  async stopInstances(release: string, service: string | null): Promise<readonly string[]> {
    const config = this.state.release(release)?.config
    const isLive = release === this.state.get('live')
    const recreated =
      service !== null && config?.services[service] && isRecreated(config.services[service], config.strategy)
    if (isLive && !recreated) {
      throw new Problem('instance.live', `${release} takes the traffic: its instances are not stopped`, {
        hint: 'Deploy or roll back first; `seaworthy stop SERVICE` stops a service on purpose.',
      })
    }
    return this.#stop(release, service)
  }

  async stopService(service: string, held: boolean): Promise<void> {
    const live = this.#live(service)
    const list = held ? 'heldServices' : 'stoppedServices'
    this.state.set(list, [...new Set([...this.state.get(list), service])])
    const upstreams = this.traffic.upstreamsOf(live.id, service)
    await this.traffic.switchTo(live, this.state.get('token'))
    await this.fleet.drain(upstreams, live.config.drainMs)
    await this.#stop(live.id, service)
    const why = held ? 'for the next release, which cannot run beside it' : 'on purpose'
    this.state.addEvent(this.clock.now(), 'service-stopped', `${service} was stopped ${why}`)
  }

  async startService(service: string): Promise<void> {
    const live = this.#live(service)
    await this.startInstances(live, service, {})
    await this.traffic.untilAccepting(live, service, { atLeast: 'all' })
    for (const list of ['stoppedServices', 'heldServices'] as const) {
      this.state.set(
        list,
        this.state.get(list).filter((name) => name !== service),
      )
    }
    await this.traffic.switchTo(live, this.state.get('token'))
    this.state.addEvent(this.clock.now(), 'service-started', `${service} was started again`)
  }

  /** Front to back: the gateway finishes what is in flight, then the instances go; the keeper ends the rest and itself. */
  async stopEnvironment(): Promise<void> {
    this.#ending = true
    this.scaler.rest()
    await this.#options.workers.stop()
    await this.supervisor.halt()
    await this.needs.halt()
    setImmediate(() => {
      this.#options.keeper.shutdown(SHUTDOWN_GRACE_MS).catch((error: unknown) => {
        this.#options.logger.error('the keeper did not end', { error: String(error) })
      })
    })
  }

  /** After our own restart: somebody may still be at work on a deploy that has not come to its switch. */
  resumeWitness(): void {
    const running = this.state.runningDeploy()
    if (running && this.leases.look() !== null) this.witnesses.start(running)
  }

  /** A witness whose deploy has nobody left at work stops; `--resume` starts it again. */
  async restWitnesses(): Promise<void> {
    if (this.leases.look() !== null || this.rollouts.isRunning()) return
    for (const deploy of this.witnesses.running()) await this.witnesses.stop(deploy)
  }

  /**
   * Ends a deploy whose CLI is gone and whose rollout control has settled: stops what the plan retires. Otherwise it would
   * wait for somebody to resume it, though there is nothing left to decide.
   */
  async completeAbandoned(): Promise<void> {
    const deploy = this.state.runningDeploy()
    if (deploy === null || this.leases.look() !== null || this.rollouts.isRunning()) return
    const rollout = this.state.rollout(deploy.id)
    const { failedIn = null, watch } = (rollout?.detail ?? {}) as RolloutDetail
    if (rollout?.phase !== 'settled' || failedIn !== null) return
    await this.leases.hold(`completing ${deploy.id}`, async () => {
      const journal = (point: 'begin' | 'end'): void =>
        this.state.writeJournal({ deploy: deploy.id, operation: 'retire', point, at: this.clock.now() })
      journal('begin')
      for (const release of deploy.plan.retires) await this.stopInstances(release, null)
      journal('end')
      const outcome = watch?.verdict === 'inconclusive' ? 'inconclusive' : 'done'
      await this.finishDeploy(deploy, outcome, 'completed by control: the command that began it was gone')
    })
  }

  /** Mends the routing table should it differ from what is live. */
  async reconcileTraffic(): Promise<void> {
    // A table made from instances that are being stopped would be the one that the next `up` begins with.
    if (this.#ending || this.#isBusy()) return
    const mended = await this.traffic.reconcile()
    if (mended !== null) this.state.addEvent(this.clock.now(), 'table-mended', mended)
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
    return this.leases.look() !== null || this.state.runningDeploy() !== null || this.rollouts.isRunning()
  }

  connectionsOf: ConnectionsOf = (release, service) => this.needs.connectionsOf(release, service)

  /** Without the values of the secrets that an instance was started with: they may be other ones by now. */
  linesOf(name: string, count: number): readonly string[] {
    const lines = lastLines(join(this.#options.folder, 'logs', `${basename(name)}.log`), count)
    const one = this.supervisor.instances().find(({ id }) => id === name)
    return one ? lines.map(scrubOf(this.#secrets.read(one.release, one.service))) : lines
  }

  #live(service: string): Release {
    const id = this.state.get('live')
    const release = id === null ? null : this.state.release(id)
    if (release?.config.services[service]?.run.kind === 'program') return release
    const known = Object.keys(release?.config.services ?? {}).join(', ')
    throw new Problem('service.unknown', `${service} is no running service of ${id ?? 'a live release'}`, {
      hint: known === '' ? 'Nothing is live yet.' : `Services: ${known}.`,
    })
  }

  async #stop(release: string, service: string | null): Promise<readonly string[]> {
    const ids = this.supervisor
      .instances()
      .filter((instance) => instance.release === release && (service === null || instance.service === service))
      .map(({ id }) => id)
    await Promise.all(ids.map((id) => this.supervisor.stop(id)))
    return ids
  }

  #rolloutWorld(): RolloutWorld {
    const { fleet, workers } = this.#options
    return {
      state: this.state,
      leases: this.leases,
      clock: this.clock,
      witnesses: this.witnesses,
      traffic: this.traffic,
      port: () => workers.port,
      drain: (upstreams, withinMs) => fleet.drain(upstreams, withinMs),
      report: () => fleet.report(),
      baselineOf: (release, now) => this.history.baselineOf(release, now),
      revive: (release, insteadOf) => this.#revive(release, insteadOf),
      stopInstances: async (release) => void (await this.#stop(release, null)),
      saveProof: (deploy, part) => this.#saveProof(deploy, part),
    }
  }

  #saveProof(deploy: DeployRecord, part: Pick<Proof, 'watch' | 'drain' | 'canary'>): void {
    const { id, plan } = deploy
    const summary = this.witnesses.summary(id)
    const proof = {
      deploy: id,
      from: plan.base.live,
      to: plan.release.id,
      finishedAt: this.clock.now(),
      ...summary,
      ...part,
    }
    this.state.saveProof(id, proof)
    writeFileAtomic(join(this.#options.folder, 'proofs', `${id}.json`), JSON.stringify(proof, null, 2))
  }

  async #revive(release: Release, insteadOf: Release): Promise<void> {
    for (const [name, service] of Object.entries(release.config.services)) {
      if (service.run.kind !== 'program' || this.state.get('stoppedServices').includes(name)) continue
      if (isRecreated(service, release.config.strategy)) await this.#stop(insteadOf.id, name)
      await this.startInstances(release, name, {})
      // Traffic is failing now: one instance that accepts is enough, and after a while going back is better than waiting.
      await this.traffic
        .untilAccepting(release, name, { atLeast: 'one', withinMs: REVIVE_MS })
        .catch((error: unknown) => {
          this.state.addEvent(this.clock.now(), 'revive-incomplete', messageOf(error))
        })
    }
  }
}
