import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { decoding, isDamaged } from '../../../core/damaged.ts'
import type { Labels } from '../../../core/series/labels.ts'

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS series (
    id INTEGER PRIMARY KEY, metric TEXT NOT NULL, labels TEXT NOT NULL, newest_ms INTEGER NOT NULL
  );
  -- What came since the last hour was closed, batch by batch.
  CREATE TABLE IF NOT EXISTS journal (sequence INTEGER PRIMARY KEY, newest_ms INTEGER NOT NULL, data BLOB NOT NULL);
  -- By hour first: an hour is written, and forgotten, in one piece.
  CREATE TABLE IF NOT EXISTS chunks (
    hour INTEGER, series INTEGER, data BLOB NOT NULL, PRIMARY KEY (hour, series)
  ) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS folded (
    day INTEGER, series INTEGER, data BLOB NOT NULL, PRIMARY KEY (day, series)
  ) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
`

const BUSY_MS = 5_000

export interface SeriesRow {
  readonly id: number
  readonly metric: string
  readonly labels: Labels
  readonly newestMs: number
}

/** The rows of `series.db`. Whoever holds it does so alone, and in a thread of its own: every call waits for the disk. */
export class SeriesFile {
  readonly #db: DatabaseSync
  readonly #statements = new Map<string, StatementSync>()

  constructor(path: string) {
    this.#db = new DatabaseSync(path)
    // A killed process loses nothing that it has committed: the kernel holds it. What a power cut takes is what the kernel
    // had not written yet, some seconds; the file stays whole. Waiting for the disk at each batch would buy only those.
    try {
      this.#db.exec(`
        PRAGMA journal_mode = WAL;
        PRAGMA synchronous = NORMAL;
        PRAGMA busy_timeout = ${BUSY_MS};
      `)
      this.#db.exec(SCHEMA)
    } catch (error) {
      this.#db.close()
      throw error
    }
  }

  /** All of it or, when the work throws, nothing. */
  together(work: () => void): void {
    this.#db.exec('BEGIN IMMEDIATE')
    try {
      work()
      this.#db.exec('COMMIT')
    } catch (error) {
      if (this.#db.isTransaction && !isDamaged(error)) this.#db.exec('ROLLBACK')
      throw error
    }
  }

  series(): readonly SeriesRow[] {
    const rows = this.#all('SELECT id, metric, labels, newest_ms AS newestMs FROM series ORDER BY id')
    // What stands in the column was written by `addSeries`.
    return rows.map((row) => ({
      ...(row as unknown as SeriesRow),
      labels: decoding(() => JSON.parse(String(row['labels'])) as Labels),
    }))
  }

  addSeries({ id, metric, labels, newestMs }: SeriesRow): void {
    this.#run(
      'INSERT INTO series (id, metric, labels, newest_ms) VALUES (?, ?, ?, ?)',
      id,
      metric,
      JSON.stringify(labels),
      newestMs,
    )
  }

  noteNewest(id: number, newestMs: number): void {
    this.#run('UPDATE series SET newest_ms = ? WHERE id = ?', newestMs, id)
  }

  /** None has a sample later than that. */
  lowerNewest(mostMs: number): void {
    this.#run('UPDATE series SET newest_ms = ? WHERE newest_ms > ?', mostMs, mostMs)
  }

  removeSeriesBefore(newestMs: number): void {
    this.#run('DELETE FROM series WHERE newest_ms < ?', newestMs)
  }

  addBatch(newestMs: number, batch: Uint8Array): void {
    this.#run('INSERT INTO journal (newest_ms, data) VALUES (?, ?)', newestMs, batch)
  }

  batches(): readonly Uint8Array[] {
    return this.#all('SELECT data FROM journal ORDER BY sequence').map(blobOf)
  }

  removeBatchesBefore(ms: number): void {
    this.#run('DELETE FROM journal WHERE newest_ms < ?', ms)
  }

  removeBatches(): void {
    this.#run('DELETE FROM journal')
  }

  chunk(hour: number, series: number): Uint8Array | null {
    return this.#blob('SELECT data FROM chunks WHERE hour = ? AND series = ?', hour, series)
  }

  addChunk(hour: number, series: number, data: Uint8Array): void {
    this.#run('INSERT OR REPLACE INTO chunks (hour, series, data) VALUES (?, ?, ?)', hour, series, data)
  }

  removeHoursBefore(hour: number): void {
    this.#run('DELETE FROM chunks WHERE hour < ?', hour)
  }

  removeHoursFrom(hour: number): void {
    this.#run('DELETE FROM chunks WHERE hour >= ?', hour)
  }

  folded(day: number, series: number): Uint8Array | null {
    return this.#blob('SELECT data FROM folded WHERE day = ? AND series = ?', day, series)
  }

  putFolded(day: number, series: number, data: Uint8Array): void {
    this.#run('INSERT OR REPLACE INTO folded (day, series, data) VALUES (?, ?, ?)', day, series, data)
  }

  removeDaysBefore(day: number): void {
    this.#run('DELETE FROM folded WHERE day < ?', day)
  }

  removeDaysFrom(day: number): void {
    this.#run('DELETE FROM folded WHERE day >= ?', day)
  }

  /** Null: there is none. */
  oldestHour(): number | null {
    return this.#number('SELECT min(hour) AS number FROM chunks')
  }

  oldestDay(): number | null {
    return this.#number('SELECT min(day) AS number FROM folded')
  }

  fact(name: string): number | null {
    return this.#number('SELECT value AS number FROM facts WHERE name = ?', name)
  }

  setFact(name: string, value: number): void {
    this.#run('INSERT OR REPLACE INTO facts (name, value) VALUES (?, ?)', name, value)
  }

  /** What is in use: free pages are not counted, they are written next. */
  get sizeBytes(): number {
    const pages = this.#pragma('page_count') - this.#pragma('freelist_count')
    return pages * this.#pragma('page_size')
  }

  close(): void {
    this.#db.close()
  }

  #pragma(name: string): number {
    return Number(Object.values(this.#statement(`PRAGMA ${name}`).get()!)[0])
  }

  #number(sql: string, ...values: readonly (number | string)[]): number | null {
    const number = this.#statement(sql).get(...values)?.['number'] ?? null
    return number === null ? null : Number(number)
  }

  #blob(sql: string, ...values: readonly number[]): Uint8Array | null {
    const row = this.#statement(sql).get(...values)
    return row === undefined ? null : blobOf(row)
  }

  #all(sql: string): readonly Record<string, unknown>[] {
    return this.#statement(sql).all()
  }

  #run(sql: string, ...values: readonly (number | string | Uint8Array)[]): void {
    this.#statement(sql).run(...values)
  }

  #statement(sql: string): StatementSync {
    const held = this.#statements.get(sql) ?? this.#db.prepare(sql)
    this.#statements.set(sql, held)
    return held
  }
}

function blobOf(row: Record<string, unknown>): Uint8Array {
  return row['data'] as Uint8Array
}
