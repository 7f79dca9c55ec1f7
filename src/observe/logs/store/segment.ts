import { rmSync, statSync } from 'node:fs'
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { decoding, isDamaged } from '../../../core/damaged.ts'
import { LEVELS, type LogLine } from '../line.ts'
import type { Mark } from '../tail.ts'
import { COUNTS, keyOf, positionOf, type Position } from './position.ts'
import { TOKENIZER, termsOf } from './terms.ts'

/** The most text of one page. */
export const PAGE_BYTES_MAX = 4 * 1024 * 1024
/** Pages of the index that one step of putting it together writes: some milliseconds. */
const MERGED_PAGES = 100
/** Places in a row that are taken already, until a line takes one of the next millisecond: its own may be full. */
const TAKEN_MAX = 1_000
const SUFFIXES = ['', '-wal', '-shm', '-journal']

const SCHEMA = `
  CREATE TABLE about (number INTEGER NOT NULL, base INTEGER NOT NULL);
  CREATE TABLE sources (id INTEGER PRIMARY KEY, service TEXT NOT NULL, instance TEXT, release TEXT);
  CREATE TABLE lines (id INTEGER PRIMARY KEY, source INTEGER NOT NULL, level INTEGER NOT NULL,
    correlation TEXT, trace TEXT, text TEXT NOT NULL);
  CREATE TABLE marks (output TEXT PRIMARY KEY, mark TEXT NOT NULL) WITHOUT ROWID;
  CREATE VIRTUAL TABLE words USING fts5(terms, content='', detail=none, columnsize=0, tokenize="${TOKENIZER}");`

export interface Hit {
  readonly position: Position
  readonly line: LogLine
}

export interface Bounds {
  readonly match: string | null
  /** Keys from here … */
  readonly from: number
  /** … to below here. */
  readonly below: number
  readonly limit: number
}

/** One file of lines: at most a day of them. Old lines go by taking the file away. */
export class Segment {
  readonly path: string
  readonly number: number
  readonly baseMs: number
  readonly #db: DatabaseSync
  readonly #sources = new Map<string, number>()
  readonly #statements = new Map<string, StatementSync>()
  #count = 0
  /** The first key of a millisecond whose lines found no place in it, and by how many milliseconds they stand later. */
  #crowded = { key: NaN, byMs: 0 }
  #isMerging = false
  /** Undefined: to be looked up. A file that is not written to any more is asked once, not with every question. */
  #range: Range | null | undefined

  /** Opens one that is whole. @throws Error for what is none: its making was cut short, or the disk has damaged it. */
  constructor(path: string) {
    this.path = path
    this.#db = openDatabase(path)
    try {
      const about = this.#db.prepare('SELECT number, base FROM about').get() as { number: number; base: number }
      this.number = about.number
      this.baseMs = about.base
      const sources = this.#db.prepare('SELECT * FROM sources').all() as unknown as readonly SourceRow[]
      for (const { id, service, instance, release } of sources)
        this.#sources.set(sourceKey(service, instance, release), id)
    } catch (error) {
      this.#db.close()
      throw error
    }
  }

  /** Makes an empty one that goes on where `marks` say. */
  static create(path: string, about: { number: number; baseMs: number; marks: ReadonlyMap<string, Mark> }): Segment {
    for (const suffix of SUFFIXES) rmSync(path + suffix, { force: true })
    const db = openDatabase(path)
    try {
      db.exec('BEGIN IMMEDIATE')
      db.exec(SCHEMA)
      db.prepare('INSERT INTO about VALUES (?, ?)').run(about.number, about.baseMs)
      saveMarks(db, about.marks)
      db.exec('COMMIT')
    } finally {
      db.close()
    }
    return new Segment(path)
  }

  /** Adds lines and how far their outputs have been read, both or none. Gives them their places. */
  append(lines: readonly LogLine[], marks: ReadonlyMap<string, Mark>): readonly Position[] {
    const sources = new Map(this.#sources)
    const places: Position[] = []
    this.#db.exec('BEGIN IMMEDIATE')
    try {
      // Keys in order: the full-text index takes them in one go.
      for (const line of lines.toSorted((one, other) => one.atMs - other.atMs)) places.push(this.#add(line))
      saveMarks(this.#db, marks)
      this.#db.exec('COMMIT')
      this.#range = undefined
    } catch (error) {
      if (this.#db.isTransaction && !isDamaged(error)) this.#db.exec('ROLLBACK')
      this.#sources.clear()
      for (const [key, id] of sources) this.#sources.set(key, id)
      throw error
    }
    return places
  }

  /** The newest that match, newest first; fewer when their text is long. */
  search({ match, from, below, limit }: Bounds): readonly Hit[] {
    const columns = 'lines.id, level, correlation, trace, text, service, instance, release'
    const rows = (match === null
      ? this.#prepare(
          `SELECT ${columns} FROM lines JOIN sources ON sources.id = source
             WHERE lines.id >= ? AND lines.id < ? ORDER BY lines.id DESC LIMIT ?`,
        ).iterate(BigInt(from), BigInt(below), limit)
      : this.#prepare(
          `SELECT ${columns} FROM words CROSS JOIN lines ON lines.id = words.rowid JOIN sources ON sources.id = source
             WHERE words MATCH ? AND words.rowid >= ? AND words.rowid < ? ORDER BY words.rowid DESC LIMIT ?`,
        ).iterate(match, BigInt(from), BigInt(below), limit)) as unknown as Iterable<LineRow>
    const hits: Hit[] = []
    let bytes = 0
    for (const row of rows) {
      hits.push(this.#hitOf(row))
      bytes += row.text.length
      if (bytes > PAGE_BYTES_MAX) break
    }
    return hits
  }

  /** The oldest and the newest line; null while it is empty. */
  range(): Range | null {
    if (this.#range === undefined) this.#range = this.#readRange()
    return this.#range
  }

  #readRange(): Range | null {
    const row = this.#prepare(
      'SELECT (SELECT min(id) FROM lines) AS first, (SELECT max(id) FROM lines) AS last',
    ).get() as {
      first: number | null
      last: number | null
    }
    if (row.first === null || row.last === null) return null
    const at = (key: number): Position => positionOf(this.baseMs, this.number, key)
    return { first: at(row.first), last: at(row.last) }
  }

  marks(): ReadonlyMap<string, Mark> {
    const rows = this.#prepare('SELECT output, mark FROM marks').all() as { output: string; mark: string }[]
    return new Map(rows.map(({ output, mark }) => [output, decoding(() => JSON.parse(mark) as Mark)]))
  }

  bytes(): number {
    return SUFFIXES.reduce(
      (sum, suffix) => sum + (statSync(this.path + suffix, { throwIfNoEntry: false })?.size ?? 0),
      0,
    )
  }

  /** Nothing more is written to it: what was written behind goes into the file. */
  seal(): void {
    this.#db.exec('PRAGMA wal_checkpoint(TRUNCATE)')
  }

  /**
   * Puts the parts of the full-text index together, a little at a time: a question then reads one part instead of a dozen. True:
   * there is more to do.
   */
  merge(): boolean {
    const rank = this.#isMerging ? MERGED_PAGES : -MERGED_PAGES
    this.#isMerging = true
    const before = this.#changes()
    this.#prepare("INSERT INTO words (words, rank) VALUES ('merge', ?)").run(BigInt(rank))
    return this.#changes() - before > 1
  }

  #changes(): number {
    return (this.#prepare('SELECT total_changes() AS n').get() as { n: number }).n
  }

  close(): void {
    this.#statements.clear()
    this.#db.close()
  }

  /** Nothing is left of it. */
  remove(): void {
    this.close()
    for (const suffix of SUFFIXES) rmSync(this.path + suffix, { force: true })
  }

  #add(line: LogLine): Position {
    const source = this.#sourceOf(line)
    const add = this.#prepare('INSERT INTO lines VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING')
    const level = LEVELS.indexOf(line.level)
    const first = keyOf(this.baseMs, { atMs: line.atMs, count: 0 })
    let byMs = this.#crowded.key === first ? this.#crowded.byMs : 0
    for (let taken = 0; ; taken++) {
      if (taken === TAKEN_MAX) {
        this.#crowded = { key: first, byMs: ++byMs }
        taken = 0
      }
      // As a big integer, or it would be bound as a floating-point number, by which the full-text index cannot be bounded.
      const key = BigInt(first + byMs * COUNTS + (this.#count++ % COUNTS))
      const { changes } = add.run(key, source, level, line.correlationId, line.traceId, line.text)
      if (changes === 0) continue
      this.#prepare('INSERT INTO words (rowid, terms) VALUES (?, ?)').run(key, termsOf(line))
      return positionOf(this.baseMs, this.number, Number(key))
    }
  }

  #sourceOf({ service, instance, release }: LogLine): number {
    const key = sourceKey(service, instance, release)
    const known = this.#sources.get(key)
    if (known !== undefined) return known
    const insert = this.#prepare('INSERT INTO sources (service, instance, release) VALUES (?, ?, ?)')
    const id = Number(insert.run(service, instance, release).lastInsertRowid)
    this.#sources.set(key, id)
    return id
  }

  #hitOf(row: LineRow): Hit {
    const position = positionOf(this.baseMs, this.number, row.id)
    const { service, instance, release, correlation, trace, text } = row
    const level = LEVELS[row.level] ?? 'info'
    const { atMs } = position
    return {
      position,
      line: { atMs, service, instance, release, level, correlationId: correlation, traceId: trace, text },
    }
  }

  #prepare(sql: string): StatementSync {
    let statement = this.#statements.get(sql)
    if (statement === undefined) this.#statements.set(sql, (statement = this.#db.prepare(sql)))
    return statement
  }
}

interface Range {
  readonly first: Position
  readonly last: Position
}

interface SourceRow {
  readonly id: number
  readonly service: string
  readonly instance: string | null
  readonly release: string | null
}

interface LineRow extends SourceRow {
  readonly level: number
  readonly correlation: string | null
  readonly trace: string | null
  readonly text: string
}

function openDatabase(path: string): DatabaseSync {
  const db = new DatabaseSync(path, { timeout: 5_000 })
  // Lines of the last moments may be lost with the machine, but then their marks are too. No memory map: each fault in one reads
  // as far around as the device reads ahead (8 MiB where this was measured), and a question to a cold file has hundreds.
  db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA mmap_size = 0')
  return db
}

function saveMarks(db: DatabaseSync, marks: ReadonlyMap<string, Mark>): void {
  const save = db.prepare('INSERT OR REPLACE INTO marks VALUES (?, ?)')
  for (const [output, mark] of marks) save.run(output, JSON.stringify(mark))
}

function sourceKey(service: string, instance: string | null, release: string | null): string {
  return JSON.stringify([service, instance, release])
}
