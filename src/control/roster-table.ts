import type { DatabaseSync } from 'node:sqlite'
import type { Instance } from '../deploy/release.ts'

/** What control would do to an instance itself, could it. */
export interface Owing {
  readonly what: 'stop' | 'restart'
  readonly because: string
  /** Milliseconds since the epoch. */
  readonly since: number
}

/** An instance that somebody else keeps, as it was told last. */
export interface RosterRow {
  readonly instance: Instance
  readonly owing: Owing | null
}

/** Instances that a service of a release lacks. */
export interface OwedStart {
  readonly release: string
  readonly service: string
  readonly because: string
  readonly since: number
}

const SCHEMA = `
  create table if not exists roster (id text primary key, release text not null, row text not null) strict;
  create table if not exists owed_starts (
    release text not null, service text not null, because text not null, since integer not null,
    primary key (release, service)) strict;
  create table if not exists images (artifact text primary key, image text not null) strict;
`

/** What is known in state.db of instances that somebody else keeps, and of the images they are made of. */
export class RosterTable {
  readonly #db: DatabaseSync

  constructor(db: DatabaseSync) {
    this.#db = db
    db.exec(SCHEMA)
  }

  save(row: RosterRow): void {
    const { id, release } = row.instance
    this.#db.prepare('insert or replace into roster values (?, ?, ?)').run(id, release, JSON.stringify(row))
  }

  row(id: string): RosterRow | null {
    const found = this.#db.prepare('select row from roster where id = ?').get(id)
    return found === undefined ? null : (JSON.parse(found['row'] as string) as RosterRow)
  }

  /** By id. */
  rows(): readonly RosterRow[] {
    const rows = this.#db.prepare('select row from roster order by id').all()
    return rows.map((row) => JSON.parse(row['row'] as string) as RosterRow)
  }

  forget(id: string): void {
    this.#db.prepare('delete from roster where id = ?').run(id)
  }

  /** The first word counts: since when it is owed, and why. */
  oweStart({ release, service, because, since }: OwedStart): void {
    this.#db.prepare('insert or ignore into owed_starts values (?, ?, ?, ?)').run(release, service, because, since)
  }

  settleStart(release: string, service: string): void {
    this.#db.prepare('delete from owed_starts where release = ? and service = ?').run(release, service)
  }

  owedStarts(): readonly OwedStart[] {
    return this.#db
      .prepare('select release, service, because, since from owed_starts order by since, release, service')
      .all() as unknown as readonly OwedStart[]
  }

  /** The image that was made first of an artifact, or of an artifact in one way: a later word changes nothing. */
  recordImage(artifact: string, image: string): string {
    this.#db.prepare('insert or ignore into images values (?, ?)').run(artifact, image)
    return this.recordedImage(artifact)!
  }

  recordedImage(artifact: string): string | null {
    const found = this.#db.prepare('select image from images where artifact = ?').get(artifact)
    return (found?.['image'] as string | undefined) ?? null
  }

  /** Forgets images, and starts that are owed, of what no kept release needs any more. */
  keepOnly(releases: readonly { readonly id: string; readonly artifacts: Readonly<Record<string, string>> }[]): void {
    const artifacts = JSON.stringify(releases.flatMap((release) => Object.values(release.artifacts)))
    const ids = JSON.stringify(releases.map(({ id }) => id))
    // Behind an artifact may stand how its image was made: `a1b2-91b0c4d7`.
    const ofArtifact = "substr(artifact, 1, instr(artifact || '-', '-') - 1)"
    this.#db.prepare(`delete from images where ${ofArtifact} not in (select value from json_each(?))`).run(artifacts)
    this.#db.prepare('delete from owed_starts where release not in (select value from json_each(?))').run(ids)
  }
}
