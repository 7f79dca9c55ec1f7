import type { DatabaseSync } from 'node:sqlite'
import type { MigrationRun } from '../../deploy/migration.ts'

/** Runs kept of each phase. A contract is kept longer than any release that it stands before. */
export const RUNS_KEPT = 500

export const RUNS_SCHEMA = `
  create table if not exists migration_runs (
    id integer primary key autoincrement, service text not null, phase text not null, release text not null,
    begun_at integer not null, ended_at integer, outcome text not null, before text, after text, by text not null,
    run text not null) strict;
`

type Columns = 'id' | 'service' | 'phase' | 'release' | 'begunAt' | 'endedAt' | 'outcome' | 'before' | 'after' | 'by'

/** The journal of migrations in state.db. */
export class MigrationRuns {
  readonly #db: DatabaseSync

  constructor(db: DatabaseSync) {
    this.#db = db
    this.#db.exec(RUNS_SCHEMA)
  }

  begin(run: Omit<MigrationRun, 'id'>): MigrationRun {
    const { lastInsertRowid } = this.#db
      .prepare(
        `insert into migration_runs (service, phase, release, begun_at, ended_at, outcome, before, after, by, run)
         values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      )
      .run(...columnsOf(run))
    const id = Number(lastInsertRowid)
    this.#db
      .prepare(
        `delete from migration_runs where outcome <> 'running' and phase = ? and id not in
           (select id from migration_runs where phase = ? order by id desc limit ?)`,
      )
      .run(run.phase, run.phase, RUNS_KEPT)
    return this.get(id)!
  }

  save(run: MigrationRun): void {
    this.#db
      .prepare(
        `update migration_runs set service = ?, phase = ?, release = ?, begun_at = ?, ended_at = ?, outcome = ?,
           before = ?, after = ?, by = ?, run = ? where id = ?`,
      )
      .run(...columnsOf(run), run.id)
  }

  get(id: number): MigrationRun | null {
    const row = this.#db.prepare('select * from migration_runs where id = ?').get(id)
    return row === undefined ? null : runOf(row)
  }

  /** Newest first. */
  list(limit: number): readonly MigrationRun[] {
    return this.#db
      .prepare('select * from migration_runs order by id desc limit ?')
      .all(limit)
      .map((row) => runOf(row))
  }

  running(): readonly MigrationRun[] {
    return this.#db
      .prepare("select * from migration_runs where outcome = 'running' order by id")
      .all()
      .map((row) => runOf(row))
  }

  /** Newest first. */
  contracts(): readonly MigrationRun[] {
    return this.#db
      .prepare("select * from migration_runs where phase = 'contract' order by id desc")
      .all()
      .map((row) => runOf(row))
  }

  /** The newest run of a service's phase; of `migration` alone where it is named. */
  last(service: string, phase: string, migration: string | null = null): MigrationRun | null {
    const rows = this.#db
      .prepare('select * from migration_runs where service = ? and phase = ? order by id desc')
      .all(service, phase)
    return rows.map((row) => runOf(row)).find((run) => migration === null || run.migration === migration) ?? null
  }

  /** A release's own level changes when its expand has changed the schema. */
  setLevel(release: string, level: number): void {
    this.#db
      .prepare("update releases set release = json_set(release, '$.migrationLevel', ?) where id = ?")
      .run(level, release)
  }
}

function columnsOf(run: Omit<MigrationRun, 'id'>): (string | number | null)[] {
  const { service, phase, release, begunAt, endedAt, outcome, before, after, by, ...rest } = run
  return [service, phase, release, begunAt, endedAt, outcome, before, after, by, JSON.stringify(rest)]
}

function runOf(row: Record<string, unknown>): MigrationRun {
  const rest = JSON.parse(row['run'] as string) as Omit<MigrationRun, Columns>
  return {
    ...rest,
    id: row['id'] as number,
    service: row['service'] as string,
    phase: row['phase'] as MigrationRun['phase'],
    release: row['release'] as string,
    begunAt: row['begun_at'] as number,
    endedAt: row['ended_at'] as number | null,
    outcome: row['outcome'] as MigrationRun['outcome'],
    before: row['before'] as string | null,
    after: row['after'] as string | null,
    by: row['by'] as string,
  }
}
