/** The database as one process sees it: opened when it is there, given up when it is not, honest about which. */
import { statSync } from 'node:fs'
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { reasonOf } from '../log.ts'
import { unavailable } from '../refusal.ts'
import { connect, isBusy, isConstraint } from './connect.ts'

/**
 * How long a write waits for the lock. SQLite's own waiting would block the event loop, and with it every probe, so the lock
 * is asked for briefly, again and again, with the loop free in between.
 */
const WRITE_WAIT_MS = 5_000
const LOCK_TRY_MS = 5
const RETRY_MS_MAX = 20
/** Readers wait only for recovery after a crash, or for somebody who locks the file exclusively. */
const READ_WAIT_MS = 250
const PROBE_WAIT_MS = 500
const STATEMENTS_MAX = 200

export interface Handle {
  /** A prepared statement, kept for as long as the connection. */
  readonly sql: (text: string) => StatementSync
}

export interface Store {
  /** Runs `work`, which is synchronous, against one snapshot: all its statements see the same moment. */
  read<Result>(work: (handle: Handle) => Result): Result
  /** Runs `work`, which is synchronous, in one immediate transaction. Rolls back when it throws. */
  write<Result>(work: (handle: Handle) => Result): Promise<Result>
  /** Changes whenever anybody, this process included, has committed. */
  changeMark(): string
  /** Asks the database for the lock and a row. Throws what is wrong. */
  probe(): void
  close(): void
}

interface Connected extends Handle {
  readonly connection: DatabaseSync
}

interface Opened {
  readonly reader: Connected
  readonly writer: Connected
  /** Device and inode of the file that was opened. */
  readonly identity: string
}

export function createStore(path: string): Store {
  let opened: Opened | undefined

  const current = (): Opened => {
    const identity = identityOf(path)
    // A file that was removed or replaced still answers through the old descriptor: what it takes is lost.
    if (opened && opened.identity !== identity) close()
    if (identity === undefined) throw unavailable(`the database ${path} does not exist`)
    opened ??= open(path, identity)
    return opened
  }

  const close = (): void => {
    opened?.reader.connection.close()
    opened?.writer.connection.close()
    opened = undefined
  }

  return {
    read: (work) =>
      translated(() => {
        const { reader } = current()
        reader.connection.exec('BEGIN')
        return inTransaction(reader, work)
      }),
    write: async (work) => {
      const until = performance.now() + WRITE_WAIT_MS
      for (let attempt = 1; ; attempt++) {
        const { writer } = translated(current)
        if (lock(writer.connection)) return translated(() => inTransaction(writer, work))
        if (performance.now() > until) throw unavailable(`the database was locked for ${WRITE_WAIT_MS} ms`)
        await sleep(Math.random() * Math.min(RETRY_MS_MAX, attempt * 2))
      }
    },
    changeMark: () =>
      translated(() => {
        const { reader, identity } = current()
        return `${identity}:${String(reader.sql('PRAGMA data_version').get()?.['data_version'])}`
      }),
    probe: () =>
      translated(() => {
        const { writer } = current()
        writer.connection.exec(`PRAGMA busy_timeout = ${PROBE_WAIT_MS}`)
        try {
          writer.connection.exec('BEGIN IMMEDIATE; SELECT count(*) FROM sqlite_schema; ROLLBACK')
        } finally {
          writer.connection.exec(`PRAGMA busy_timeout = ${LOCK_TRY_MS}`)
        }
      }),
    close,
  }
}

function open(path: string, identity: string): Opened {
  const writer = connect(path, { busyTimeoutMs: LOCK_TRY_MS })
  try {
    return {
      writer: handleOf(writer),
      reader: handleOf(connect(path, { busyTimeoutMs: READ_WAIT_MS, readOnly: true })),
      identity,
    }
  } catch (error) {
    writer.close()
    throw error
  }
}

function handleOf(connection: DatabaseSync): Connected {
  const statements = new Map<string, StatementSync>()
  return {
    connection,
    sql: (text) => {
      let statement = statements.get(text)
      if (!statement) {
        if (statements.size >= STATEMENTS_MAX) statements.clear()
        statement = connection.prepare(text)
        statements.set(text, statement)
      }
      return statement
    },
  }
}

function lock(connection: DatabaseSync): boolean {
  try {
    connection.exec('BEGIN IMMEDIATE')
    return true
  } catch (error) {
    if (isBusy(error)) return false
    throw unavailable(`the database does not answer: ${reasonOf(error)}`, { cause: error })
  }
}

/** Ends the transaction that was begun on this connection. */
function inTransaction<Result>(on: Connected, work: (handle: Handle) => Result): Result {
  try {
    const result = work(on)
    on.connection.exec('COMMIT')
    return result
  } catch (error) {
    if (on.connection.isTransaction) on.connection.exec('ROLLBACK')
    throw error
  }
}

function identityOf(path: string): string | undefined {
  const stats = statSync(path, { throwIfNoEntry: false })
  return stats && `${stats.dev}:${stats.ino}`
}

/** What SQLite says about the file (locked, unreadable, no such table) is a 503; a broken constraint is our bug. */
function translated<Result>(work: () => Result): Result {
  try {
    return work()
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ERR_SQLITE_ERROR' && !isConstraint(error)) {
      throw unavailable(isBusy(error) ? 'the database is locked' : `the database does not answer: ${error.message}`, {
        cause: error,
      })
    }
    throw error
  }
}
