import { DatabaseSync } from 'node:sqlite'
import { CHAIN_START, type ChainHead } from '../core/hash-chain.ts'
import type { DeployRecord, DeployState, JournalEntry } from '../deploy/journal.ts'
import type { Plan, PlanKind, World } from '../deploy/plan.ts'
import type { Proof } from '../deploy/proof.ts'
import type { Release } from '../deploy/release.ts'
import type { WitnessMemory } from './rollout/witness-memory.ts'
import { MigrationRuns } from './migrations/runs.ts'
import type { ScaleNote } from './api/scale-methods.ts'
import type { EnvironmentEvent, Lease, RolloutEvent } from './api/contract.ts'
import { FIRST_GENERATION, type GatewayRecord } from './gateway-generations.ts'
import { LateWrites } from './late-writes.ts'
import type { PauseRecord } from './pause-record.ts'
import type { HealthMemory } from './status/health-memory.ts'

/** Rows kept of each kind; older ones go when a deploy ends. */
export const DEPLOYS_KEPT = 500
export const EVENTS_KEPT = 10_000

/** What the supervisor must remember over its own death. Secrets are not in it: see secrets.ts. */
export interface InstanceRow {
  readonly id: string
  readonly service: string
  readonly release: string
  readonly host: string
  readonly port: number | null
  readonly argv: readonly [string, ...string[]]
  readonly cwd: string
  readonly env: Readonly<Record<string, string>>
  readonly graceMs: number
  readonly startedAt: number
}

/** Where a rollout stands; everything needed to go on after control was killed. */
export interface RolloutRow {
  readonly deploy: string
  readonly token: number
  readonly phase: 'canary' | 'switch' | 'watch' | 'drain' | 'back' | 'settled'
  readonly detail: unknown
}

/** Why an instance takes no traffic: it has yet to pass its check, or is on its way out. */
export type Outside = Readonly<Record<string, 'joining' | 'leaving'>>

interface Meta {
  live: string | null
  warm: string | null
  warmUntil: number | null
  /** Releases that were live before the live one, oldest first; null: an earlier version has not kept it. */
  wayBack: readonly string[] | null
  sequence: number
  tableVersion: number
  token: number
  lease: Lease | null
  stoppedServices: readonly string[]
  /** Services of the live release that were stopped for the next one, which cannot run beside them. */
  heldServices: readonly string[]
  /** `<service>:<artifact>` of expanding migrations that have run, in order. */
  migrations: readonly string[]
  /** How many expands have changed the schema; null before the first that was counted so. */
  schemaLevel: number | null
  /** A release that asks for approvals was deployed, and nobody has approved one that does not. */
  wantsApproval: boolean
  /** The release on trial and the share of clients that try it. */
  canary: { readonly release: string; readonly share: number } | null
  pause: PauseRecord | null
  gateway: GatewayRecord
  /** Instances wanted of a service, where a person or a measure has changed their number. */
  scaled: Readonly<Record<string, number>>
  /** The newest record of the audit trail. */
  auditHead: ChainHead
  /** The newest record of the security events that is known to be on the disk. */
  securityHead: ChainHead
  scaleNotes: Readonly<Record<string, ScaleNote>>
  /** The port on loopback where the metrics are shown; null before the first time. */
  metricsPort: number | null
  outside: Outside
  /** Whether the app was fine when somebody looked last, and since when; null: nobody has looked. */
  health: HealthMemory | null
}

const EMPTY: Meta = {
  live: null,
  warm: null,
  warmUntil: null,
  wayBack: null,
  sequence: 0,
  tableVersion: 0,
  token: 0,
  lease: null,
  stoppedServices: [],
  heldServices: [],
  migrations: [],
  schemaLevel: null,
  wantsApproval: false,
  canary: null,
  pause: null,
  gateway: FIRST_GENERATION,
  scaled: {},
  auditHead: CHAIN_START,
  securityHead: CHAIN_START,
  scaleNotes: {},
  metricsPort: null,
  outside: {},
  health: null,
}

const SCHEMA = `
  create table if not exists meta (key text primary key, value text not null) strict;
  create table if not exists releases (
    id text primary key, sequence integer not null, release text not null, live_at integer) strict;
  create table if not exists instances (id text primary key, release text not null, instance text not null) strict;
  create table if not exists numbers (name text primary key, last integer not null) strict;
  create table if not exists deploys (
    id text primary key, number integer not null, kind text not null, state text not null, by text not null,
    started_at integer not null, finished_at integer, message text, plan text not null, proof text) strict;
  create table if not exists journal (
    seq integer primary key, deploy text not null, operation text not null, point text not null, at integer not null,
    unique (deploy, operation, point)) strict;
  create table if not exists rollouts (deploy text primary key, rollout text not null) strict;
  create table if not exists witnesses (deploy text primary key, memory text not null) strict;
  create table if not exists rollout_events (
    seq integer primary key autoincrement, deploy text not null, at integer not null, event text not null) strict;
  create table if not exists events (
    seq integer primary key autoincrement, at integer not null, kind text not null, text text not null) strict;
`

/**
 * The one writer of state.db. Every call that changes something has it on the disk when it returns: WAL with full
 * synchronisation, so that neither a kill nor a power cut takes back what was acknowledged.
 */
export class State {
  readonly migrationRuns: MigrationRuns
  /** What may be written when there is room for it. */
  readonly late = new LateWrites((late, lost) => {
    const text = `the disk was full; changes written late: ${late}, given up: ${lost}`
    this.#insertEvent(Date.now(), 'disk-was-full', text)
  })
  /** Called while an event is written: it may be read as soon as what runs now has ended. */
  onEvent: () => void = () => {}
  readonly #db: DatabaseSync

  constructor(file: string) {
    this.#db = new DatabaseSync(file)
    this.#db.exec('pragma journal_mode = wal; pragma synchronous = full; pragma busy_timeout = 5000')
    this.#db.exec(SCHEMA)
    this.migrationRuns = new MigrationRuns(this.#db)
  }

  close(): void {
    this.#db.close()
  }

  /** For a part that keeps a table of its own here: its changes take part in `atomically`. */
  tables<T>(make: (db: DatabaseSync) => T): T {
    return make(this.#db)
  }

  /** Several changes as one. */
  atomically<T>(change: () => T): T {
    this.#db.exec('begin immediate')
    try {
      const result = change()
      this.#db.exec('commit')
      return result
    } catch (error) {
      // A full disk has taken it back already: what is to be heard is the disk, not that there is nothing to undo.
      if (this.#db.isTransaction) this.#db.exec('rollback')
      throw error
    }
  }

  get<K extends keyof Meta>(key: K): Meta[K] {
    const row = this.#db.prepare('select value from meta where key = ?').get(key)
    return row === undefined ? EMPTY[key] : (JSON.parse(row['value'] as string) as Meta[K])
  }

  set<K extends keyof Meta>(key: K, value: Meta[K]): void {
    this.#db.prepare('insert or replace into meta values (?, ?)').run(key, JSON.stringify(value))
  }

  world(): World {
    return { live: this.get('live'), warm: this.get('warm'), sequence: this.get('sequence') }
  }

  // ---- releases

  saveRelease(release: Release): void {
    this.#db
      .prepare('insert or ignore into releases values (?, ?, ?, null)')
      .run(release.id, release.sequence, JSON.stringify(release))
  }

  /** Notes that a release takes traffic: it can be rolled back to later. */
  markLive(id: string, at: number): void {
    this.#db.prepare('update releases set live_at = ? where id = ?').run(at, id)
  }

  /** Notes that a release has failed at being live: a rollback never chooses it. */
  unmarkLive(id: string): void {
    this.#db.prepare('update releases set live_at = null where id = ?').run(id)
  }

  /** Releases that have been live and were not taken back, newest first. */
  onceLive(): readonly Release[] {
    const rows = this.#db.prepare('select release from releases where live_at is not null order by sequence desc').all()
    return rows.map((row) => JSON.parse(row['release'] as string) as Release)
  }

  release(id: string): Release | null {
    const row = this.#db.prepare('select release from releases where id = ?').get(id)
    return row === undefined ? null : (JSON.parse(row['release'] as string) as Release)
  }

  /** Newest first. */
  releases(): readonly Release[] {
    const rows = this.#db.prepare('select release from releases order by sequence desc').all()
    return rows.map((row) => JSON.parse(row['release'] as string) as Release)
  }

  forgetRelease(id: string): void {
    this.#db.prepare('delete from releases where id = ?').run(id)
  }

  // ---- instances

  saveInstance(instance: InstanceRow): void {
    this.#db
      .prepare('insert or replace into instances values (?, ?, ?)')
      .run(instance.id, instance.release, JSON.stringify(instance))
  }

  /** Replaces what is known of an instance, unless it is forgotten. */
  updateInstance(instance: InstanceRow): void {
    this.#db.prepare('update instances set instance = ? where id = ?').run(JSON.stringify(instance), instance.id)
  }

  instances(): readonly InstanceRow[] {
    const rows = this.#db.prepare('select instance from instances order by id').all()
    return rows.map((row) => JSON.parse(row['instance'] as string) as InstanceRow)
  }

  /** 1, 2, 3, … for each name, never the same twice. */
  nextNumber(name: string): number {
    const row = this.#db
      .prepare('insert into numbers values (?, 1) on conflict (name) do update set last = last + 1 returning last')
      .get(name)
    return Number(row!['last'])
  }

  forgetInstance(id: string): void {
    this.#db.prepare('delete from instances where id = ?').run(id)
  }

  // ---- deploys

  beginDeploy(deploy: { kind: PlanKind; by: string; plan: Plan; startedAt: number }): string {
    const row = this.#db.prepare('select coalesce(max(number), 0) + 1 as number from deploys').get()
    const number = Number(row!['number'])
    this.#db
      .prepare('insert into deploys values (?, ?, ?, ?, ?, ?, null, null, ?, null)')
      .run(`d${number}`, number, deploy.kind, 'running', deploy.by, deploy.startedAt, JSON.stringify(deploy.plan))
    return `d${number}`
  }

  finishDeploy(id: string, state: DeployState, message: string | null, finishedAt: number): void {
    this.#db
      .prepare('update deploys set state = ?, message = ?, finished_at = ? where id = ?')
      .run(state, message, finishedAt, id)
    this.#db.prepare('delete from deploys where number <= (select max(number) from deploys) - ?').run(DEPLOYS_KEPT)
    this.#db.exec('delete from witnesses where deploy not in (select id from deploys)')
    this.#db.exec('delete from journal where deploy not in (select id from deploys)')
    this.#db.exec('delete from rollouts where deploy not in (select id from deploys)')
    this.#db.exec('delete from rollout_events where deploy not in (select id from deploys)')
  }

  saveProof(id: string, proof: Proof): void {
    this.#db.prepare('update deploys set proof = ? where id = ?').run(JSON.stringify(proof), id)
  }

  deploy(id: string): DeployRecord | null {
    const row = this.#db.prepare('select * from deploys where id = ?').get(id)
    return row === undefined ? null : this.#deployOf(row, this.journal(id))
  }

  /** Newest first, without journals. */
  deploys(limit: number): readonly DeployRecord[] {
    const rows = this.#db.prepare('select * from deploys order by number desc limit ?').all(limit)
    return rows.map((row) => this.#deployOf(row, []))
  }

  /** The deploy that has not come to its end, be its CLI alive or not. */
  runningDeploy(): DeployRecord | null {
    const row = this.#db.prepare("select id from deploys where state = 'running' order by number desc limit 1").get()
    return row === undefined ? null : this.deploy(row['id'] as string)
  }

  #deployOf(row: Record<string, unknown>, journal: readonly JournalEntry[]): DeployRecord {
    return {
      id: row['id'] as string,
      kind: row['kind'] as PlanKind,
      state: row['state'] as DeployState,
      by: row['by'] as string,
      startedAt: row['started_at'] as number,
      finishedAt: row['finished_at'] as number | null,
      message: row['message'] as string | null,
      plan: JSON.parse(row['plan'] as string) as Plan,
      journal,
      proof: row['proof'] === null ? null : (JSON.parse(row['proof'] as string) as Proof),
    }
  }

  // ---- journal

  /** Writing the same point again changes nothing: a resumed deploy keeps the first time. */
  writeJournal(entry: JournalEntry): void {
    this.#db
      .prepare('insert or ignore into journal (deploy, operation, point, at) values (?, ?, ?, ?)')
      .run(entry.deploy, entry.operation, entry.point, entry.at)
  }

  journal(deploy: string): readonly JournalEntry[] {
    return this.#db
      .prepare('select deploy, operation, point, at from journal where deploy = ? order by seq')
      .all(deploy) as unknown as readonly JournalEntry[]
  }

  // ---- rollouts

  saveRollout(rollout: RolloutRow): void {
    this.#db.prepare('insert or replace into rollouts values (?, ?)').run(rollout.deploy, JSON.stringify(rollout))
  }

  rollout(deploy: string): RolloutRow | null {
    const row = this.#db.prepare('select rollout from rollouts where deploy = ?').get(deploy)
    return row === undefined ? null : (JSON.parse(row['rollout'] as string) as RolloutRow)
  }

  unsettledRollouts(): readonly RolloutRow[] {
    const rows = this.#db.prepare('select rollout from rollouts').all()
    return rows
      .map((row) => JSON.parse(row['rollout'] as string) as RolloutRow)
      .filter(({ phase }) => phase !== 'settled')
  }

  saveWitness(deploy: string, memory: WitnessMemory): void {
    this.#db.prepare('insert or replace into witnesses values (?, ?)').run(deploy, JSON.stringify(memory))
  }

  witness(deploy: string): WitnessMemory | null {
    const row = this.#db.prepare('select memory from witnesses where deploy = ?').get(deploy)
    return row === undefined ? null : (JSON.parse(row['memory'] as string) as WitnessMemory)
  }

  addRolloutEvent(deploy: string, at: number, event: RolloutEvent['event']): void {
    this.#db
      .prepare('insert into rollout_events (deploy, at, event) values (?, ?, ?)')
      .run(deploy, at, JSON.stringify(event))
  }

  rolloutEvents(deploy: string, after: number): readonly RolloutEvent[] {
    const rows = this.#db
      .prepare('select seq, at, event from rollout_events where deploy = ? and seq > ? order by seq')
      .all(deploy, after)
    return rows.map((row) => ({
      sequence: row['seq'] as number,
      at: row['at'] as number,
      event: JSON.parse(row['event'] as string) as RolloutEvent['event'],
    }))
  }

  // ---- events

  /** On a full disk it is told when there is room; inside a change it is a part of that, and fails with it. */
  addEvent(at: number, kind: string, text: string): void {
    if (this.#db.isTransaction) return this.#insertEvent(at, kind, text)
    this.late.do(() => this.atomically(() => this.#insertEvent(at, kind, text)))
  }

  #insertEvent(at: number, kind: string, text: string): void {
    const { lastInsertRowid } = this.#db
      .prepare('insert into events (at, kind, text) values (?, ?, ?)')
      .run(at, kind, text)
    this.#db.prepare('delete from events where seq <= ?').run(Number(lastInsertRowid) - EVENTS_KEPT)
    this.onEvent()
  }

  events(after: number, limit: number): readonly EnvironmentEvent[] {
    const rows = this.#db
      .prepare('select * from (select * from events where seq > ? order by seq desc limit ?) order by seq')
      .all(after, limit)
    return rows.map((row) => ({
      sequence: row['seq'] as number,
      at: row['at'] as number,
      kind: row['kind'] as string,
      text: row['text'] as string,
    }))
  }
}
