import { basename, dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { boundDamaged, decoding, isDamaged, putAside } from '../../core/damaged.ts'
import type { Trace } from './span.ts'

const DAY_MS = 24 * 60 * 60_000
/** How long traces are kept … */
export const TRACES_KEPT_MS = 7 * DAY_MS
/** … and how many of each route … */
export const TRACES_PER_ROUTE_MAX = 200
/** … and of all: the oldest go. */
export const TRACES_MAX = 20_000
const PAGE_MAX = 200
/** What was put aside may be as large as 20 000 traces of 100 spans are. */
const DAMAGED_BYTES_MAX = 512 * 1024 ** 2

export interface TraceQuery {
  readonly fromMs?: number
  readonly toMs?: number
  readonly route?: string
  readonly because?: 'failed' | 'slow'
  /** @default 50, at most 200 */
  readonly limit?: number
}

/** A trace without its spans. */
export interface TraceSummary extends Omit<Trace, 'spans'> {
  readonly startMs: number
  readonly durationMs: number
  readonly spanCount: number
}

/** Newest first; with `because: 'slow'` the slowest first. */
export interface TracePage {
  readonly traces: readonly TraceSummary[]
}

/** The traces that were kept: of each route the slowest requests and the failed ones. */
export class TraceStore {
  #db: DatabaseSync
  readonly #path: string
  readonly #onDamaged: (aside: string) => void
  readonly #now: () => number

  /** @param onDamaged told where a file that is none any more was put aside: traces begin anew then */
  constructor(path: string, now: () => number = Date.now, onDamaged: (aside: string) => void = () => {}) {
    this.#now = now
    this.#path = path
    this.#onDamaged = onDamaged
    this.#db = this.#opened()
  }

  add(traces: readonly Trace[]): void {
    this.#whole(() => this.#add(traces))
  }

  #add(traces: readonly Trace[]): void {
    const insert = this.#db.prepare(
      'INSERT INTO traces (trace, correlation, start, duration, route, because, value) VALUES (?, ?, ?, ?, ?, ?, ?)',
    )
    this.#db.exec('BEGIN IMMEDIATE')
    try {
      for (const trace of traces) {
        const [first] = trace.spans
        if (first === undefined) continue
        const { traceId, correlationId, route, because } = trace
        insert.run(traceId, correlationId, first.startMs, first.durationMs, route, because, JSON.stringify(trace))
      }
      this.#prune(new Set(traces.map(({ route }) => route)))
      this.#db.exec('COMMIT')
    } catch (error) {
      if (this.#db.isTransaction && !isDamaged(error)) this.#db.exec('ROLLBACK')
      throw error
    }
  }

  list(query: TraceQuery): TracePage {
    return this.#whole(() => this.#list(query))
  }

  #list({ fromMs = 0, toMs = 9e15, route, because, limit = 50 }: TraceQuery): TracePage {
    const order = because === 'slow' ? 'duration DESC' : 'start DESC'
    const rows = this.#db
      .prepare(
        `SELECT value FROM traces WHERE start >= ? AND start <= ? AND (? IS NULL OR route = ?)
         AND (? IS NULL OR because = ?) ORDER BY ${order} LIMIT ?`,
      )
      .all(
        fromMs,
        toMs,
        route ?? null,
        route ?? null,
        because ?? null,
        because ?? null,
        Math.min(Math.max(Math.trunc(limit), 1), PAGE_MAX),
      ) as unknown as readonly { value: string }[]
    return { traces: rows.map(({ value }) => summaryOf(traceOf(value))) }
  }

  /** What was kept under a trace id or a correlation id: of each request that took part, the oldest first, at most 50. */
  get(id: string): readonly Trace[] {
    return this.#whole(() => this.#get(id))
  }

  #get(id: string): readonly Trace[] {
    const rows = this.#db
      .prepare('SELECT value FROM traces WHERE trace = ? OR correlation = ? ORDER BY start LIMIT 50')
      .all(id.toLowerCase(), id)
    return (rows as unknown as readonly { value: string }[]).map(({ value }) => traceOf(value))
  }

  close(): void {
    this.#db.close()
  }

  /** A file that turns out to be damaged is put aside, and what was to be done is done with a new one. */
  #whole<T>(work: () => T): T {
    // A new one could not be begun the last time, as on a full disk.
    if (!this.#db.isOpen) this.#db = this.#opened()
    try {
      return work()
    } catch (error) {
      if (!isDamaged(error)) throw error
      this.#db.close()
      this.#db = this.#anew()
      return work()
    }
  }

  #opened(): DatabaseSync {
    try {
      return open(this.#path)
    } catch (error) {
      if (!isDamaged(error)) throw error
      return this.#anew()
    }
  }

  #anew(): DatabaseSync {
    const aside = putAside(this.#path)
    boundDamaged(dirname(this.#path), basename(this.#path), DAMAGED_BYTES_MAX)
    const db = open(this.#path)
    this.#onDamaged(aside)
    return db
  }

  #prune(routes: ReadonlySet<string>): void {
    this.#db.prepare('DELETE FROM traces WHERE start < ?').run(this.#now() - TRACES_KEPT_MS)
    const ofRoute = this.#db.prepare(
      'DELETE FROM traces WHERE route = ? AND id <= (SELECT id FROM traces WHERE route = ? ORDER BY id DESC LIMIT 1 OFFSET ?)',
    )
    for (const route of routes) ofRoute.run(route, route, TRACES_PER_ROUTE_MAX)
    this.#db
      .prepare('DELETE FROM traces WHERE id <= (SELECT id FROM traces ORDER BY id DESC LIMIT 1 OFFSET ?)')
      .run(TRACES_MAX)
  }
}

/** @throws Error, with the file closed, for what is no database */
function open(path: string): DatabaseSync {
  const db = new DatabaseSync(path, { timeout: 5_000 })
  try {
    db.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;
      CREATE TABLE IF NOT EXISTS traces (id INTEGER PRIMARY KEY, trace TEXT NOT NULL, correlation TEXT NOT NULL,
        start REAL NOT NULL, duration REAL NOT NULL, route TEXT NOT NULL, because TEXT NOT NULL, value TEXT NOT NULL);
      CREATE INDEX IF NOT EXISTS by_trace ON traces (trace);
      CREATE INDEX IF NOT EXISTS by_request ON traces (correlation);
      CREATE INDEX IF NOT EXISTS by_route ON traces (route, id);`)
  } catch (error) {
    db.close()
    throw error
  }
  return db
}

function traceOf(value: string): Trace {
  return decoding(() => JSON.parse(value) as Trace)
}

function summaryOf({ spans, ...trace }: Trace): TraceSummary {
  return { ...trace, startMs: spans[0]!.startMs, durationMs: spans[0]!.durationMs, spanCount: spans.length }
}
