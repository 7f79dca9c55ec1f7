import { mkdirSync, rmSync } from 'node:fs'
import { dirname, extname, join } from 'node:path'
import type { Clock } from '../../core/clock.ts'
import { messageOf, Problem } from '../../core/problem.ts'
import type { Errand, ErrandEnd, MigrationFile } from '../../deploy/errand.ts'
import { migrationId, type MigrationPhase, type MigrationRun } from '../../deploy/migration.ts'
import type { Release } from '../../deploy/release.ts'
import type { JobExit } from '../api/contract.ts'
import type { Jobs } from '../jobs.ts'
import type { KeeperLink } from '../keeper-link.ts'
import { variablesOf, type ConnectionsOf } from '../needs/connection.ts'
import type { State } from '../state.ts'
import { isSqlConnection, type Database } from './databases/database.ts'
import { openDatabases } from './databases/open.ts'
import { endErrand, forgetErrands, readErrand } from './job/errands.ts'
import { placeFiles } from './place-files.ts'
import { ORDER_VARIABLE, type MigrationOrder } from './job/order.ts'
import { forgetReport, readReport } from './job/report.ts'
import { describeOutlook } from './outlook.ts'
import { settleRun } from './settle.ts'

/** For the command itself, each time it runs. */
export const COMMAND_TIMEOUT_MS = 60 * 60_000
/** For the whole job: a copy, the rehearsal, the run. */
const JOB_TIMEOUT_MS = 3 * COMMAND_TIMEOUT_MS
const LOOK_MS = 50

export interface MigrationsOptions {
  readonly folder: string
  readonly state: State
  readonly jobs: Jobs
  readonly keeper: Pick<KeeperLink, 'list'>
  readonly clock: Clock
  readonly connectionsOf: ConnectionsOf
  /** Whether commands run in here; otherwise each is an errand for whoever has the engine. @default true */
  readonly acts?: boolean
  /** How long databases are waited for that a job went down with. */
  readonly lookWithinMs?: number
}

export interface MigrationRequest {
  readonly release: Release
  readonly service: string
  readonly phase: MigrationPhase
  readonly by: string
  /** Of the caller's lease. */
  readonly token: number
  /** The command's variables but those of its needs. */
  readonly env: Readonly<Record<string, string>>
  readonly gaveUp: readonly string[]
  /** Of an `sql` migration whose release has no files here. @default none */
  readonly files?: readonly MigrationFile[]
}

/** Runs migrations as jobs of the keeper and keeps their journal; one at a time. */
export class Migrations {
  readonly #options: MigrationsOptions
  readonly #settling = new Map<number, Promise<void>>()

  constructor(options: MigrationsOptions) {
    this.#options = options
    for (const name of ['reports', 'copies'])
      mkdirSync(join(options.folder, 'migrations', name), { recursive: true, mode: 0o700 })
  }

  /** The level that a release made now has: how many expands have changed the schema. */
  level(): number {
    const { state } = this.#options
    return state.get('schemaLevel') ?? state.get('migrations').length
  }

  /** In words for a plan: on what a service's migration would be rehearsed. */
  outlook(release: Release, service: string): Promise<string> {
    const { state, connectionsOf } = this.#options
    // The URLs of external needs come with a deploy: until then those of the live release have to do.
    const live = state.release(state.get('live') ?? '')
    const known = [release, live].filter((one) => one?.config.services[service] !== undefined)
    const connections = known.map((one) => connectionsOf(one!, service)).find(({ length }) => length > 0)
    return describeOutlook(release, service, connections ?? [])
  }

  /**
   * Begins a run, or finds the one that is under way, that is done, or that this very caller has had: its call may be made
   * again when control died over the answer.
   * @throws Problem `migration.running` for another one
   */
  begin(request: MigrationRequest): MigrationRun {
    const { state, clock } = this.#options
    const { release, service, phase, by, token, gaveUp } = request
    const migration = migrationId(release, service, phase)
    const [running] = state.migrationRuns.running()
    if (running !== undefined) {
      if (running.release === release.id && running.migration === migration) return running
      throw new Problem('migration.running', `${describe(running)} is under way since ${when(running.begunAt)}`, {
        hint: 'Wait until it has ended: `seaworthy migrate` shows it.',
      })
    }
    const last = state.migrationRuns.last(service, phase, migration)
    if (last !== null && (last.outcome === 'done' || last.token === token)) return last
    const run = state.migrationRuns.begin({
      service,
      phase,
      release: release.id,
      sequence: release.sequence,
      level: release.migrationLevel,
      command: release.config.services[service]!.migrate[phase]!,
      migration,
      by,
      token,
      begunAt: clock.now(),
      endedAt: null,
      outcome: 'running',
      rehearsal: null,
      before: null,
      after: null,
      changes: [],
      code: null,
      message: null,
      hint: null,
      lastLines: [],
      gaveUp,
    })
    this.#follow(run, () => this.#start(run, request))
    return run
  }

  /** Waits up to `waitMs` for the end of a run. */
  async follow(id: number, waitMs: number): Promise<MigrationRun> {
    const { state, clock } = this.#options
    const until = clock.now() + waitMs
    for (;;) {
      const run = state.migrationRuns.get(id)
      if (run === null) throw new Problem('migration.unknown', `there is no migration run ${id}`)
      if (run.outcome !== 'running' || clock.now() >= until) return run
      await clock.sleep(LOOK_MS)
    }
  }

  /** What a run waits for, to be done where the engine is; null: nothing. */
  errand(id: number): Errand | null {
    const isRunning = this.#options.state.migrationRuns.get(id)?.outcome === 'running'
    return isRunning ? readErrand(this.#reportOf({ id })) : null
  }

  endErrand(id: number, errand: number, end: ErrandEnd): void {
    endErrand(this.#reportOf({ id }), errand, end)
  }

  /**
   * Ends the runs of a release: at once while only copies are touched; one that changes the database itself is left to come
   * to its end, so that it is done or not done and never half. True when none is left.
   */
  async cancel(release: string): Promise<boolean> {
    const { state, jobs } = this.#options
    const own = state.migrationRuns.running().filter((run) => run.release === release)
    for (const run of own) {
      if (readReport(this.#reportOf(run))?.step === 'applying') return false
      await jobs.cancel(jobName(run))
      await this.#settling.get(run.id)
    }
    return true
  }

  /** After control's own restart: follows what still runs, and finds out what became of the rest. */
  async resume(): Promise<void> {
    const { state, jobs, keeper, connectionsOf } = this.#options
    const { children } = await keeper.list()
    for (const run of state.migrationRuns.running()) {
      if (this.#settling.has(run.id)) continue
      const isThere = children.some(({ name }) => name === jobName(run))
      const release = state.release(run.release)
      const secrets = release?.config.services[run.service]?.secrets ?? []
      const env = release === null ? {} : variablesOf(connectionsOf(release, run.service))
      // A job that is there is only waited for: what would start it is not known any more.
      const rest = { name: jobName(run), argv: [], cwd: '', env, timeoutMs: JOB_TIMEOUT_MS, uses: null, secrets }
      this.#follow(run, () => (isThere ? jobs.run(rest) : Promise.resolve(LOST)))
    }
  }

  #follow(run: MigrationRun, work: () => Promise<JobExit>): void {
    const settled = Promise.resolve()
      .then(work)
      .catch((error: unknown): JobExit => ({ ok: false, description: messageOf(error), lastLines: [] }))
      .then((exit) => this.#settle(run, exit))
      .finally(() => this.#settling.delete(run.id))
    this.#settling.set(run.id, settled)
  }

  #start(run: MigrationRun, { release, service, env, files = [] }: MigrationRequest): Promise<JobExit> {
    const { folder, jobs, connectionsOf, acts = true } = this.#options
    const connections = connectionsOf(release, service)
    const order: MigrationOrder = {
      service,
      phase: run.phase,
      release: release.id,
      command: run.command,
      connections: connections.filter(isSqlConnection),
      report: this.#reportOf(run),
      scratch: this.#scratch,
      hasErrands: !acts,
      timeoutMs: COMMAND_TIMEOUT_MS,
    }
    return jobs.run({
      name: jobName(run),
      argv: [process.execPath, '--disable-warning=ExperimentalWarning', entry()],
      cwd: acts ? join(folder, 'releases', release.artifacts[service]!) : placeFiles(this.#filesOf(run), files),
      env: { ...variablesOf(connections), ...env, [ORDER_VARIABLE]: JSON.stringify(order) },
      timeoutMs: JOB_TIMEOUT_MS,
      uses: null,
      secrets: release.config.services[service]!.secrets,
    })
  }

  async #settle(run: MigrationRun, exit: JobExit): Promise<void> {
    const { state, clock, lookWithinMs } = this.#options
    const report = readReport(this.#reportOf(run))
    const { description, lastLines } = exit
    const databases = this.#databasesOf(run)
    const looks = { databases, ...(lookWithinMs === undefined ? {} : { lookWithinMs }) }
    const settled = await settleRun(run, { report, ...looks, description, lastLines, at: clock.now() })
    state.atomically(() => {
      state.migrationRuns.save(this.#count(settled, databases.length > 0))
      state.addEvent(clock.now(), 'migration', `${describe(run)}: ${settled.message ?? settled.outcome}`)
    })
    forgetReport(this.#reportOf(run))
    forgetErrands(this.#reportOf(run))
    rmSync(this.#filesOf(run), { recursive: true, force: true })
  }

  /** The level counts expands that changed the schema, or that may have: where nobody could look, every one. */
  #count(run: MigrationRun, isKnown: boolean): MigrationRun {
    const { state } = this.#options
    if (run.phase !== 'expand') return run
    const mayHave = run.outcome === 'unknown' || (!isKnown && run.outcome === 'done')
    const isChanged = run.changes.length > 0 || mayHave
    const level = this.level() + (isChanged ? 1 : 0)
    state.set('schemaLevel', level)
    state.migrationRuns.setLevel(run.release, level)
    if (run.outcome === 'done')
      state.set('migrations', [...new Set([...state.get('migrations'), run.migration])].slice(-MIGRATIONS_KEPT))
    return { ...run, level }
  }

  #databasesOf({ release: id, service }: MigrationRun): readonly Database[] {
    const release = this.#options.state.release(id)
    const connections = release === null ? [] : this.#options.connectionsOf(release, service)
    return openDatabases(connections.filter(isSqlConnection), this.#scratch)
  }

  get #scratch(): string {
    return join(this.#options.folder, 'migrations', 'copies')
  }

  #filesOf({ id }: MigrationRun): string {
    return join(this.#options.folder, 'migrations', 'files', String(id))
  }

  #reportOf({ id }: Pick<MigrationRun, 'id'>): string {
    return join(this.#options.folder, 'migrations', 'reports', `${id}.json`)
  }
}

/** Finished expands that are remembered by name; one older than these would run again. */
const MIGRATIONS_KEPT = 5_000
const LOST: JobExit = { ok: false, description: 'its process is gone', lastLines: [] }

/** The run's number makes each output a file of its own. */
function jobName({ id, service, release }: MigrationRun): string {
  return `migrate:${service}@${release}-${id}`
}

function describe({ phase, service, release, by }: MigrationRun): string {
  return `the ${phase} of ${service} (${release}, by ${by})`
}

function when(ms: number): string {
  return new Date(ms).toISOString()
}

function entry(): string {
  return join(dirname(import.meta.filename), 'job', `main${extname(import.meta.filename)}`)
}
