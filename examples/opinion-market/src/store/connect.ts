import { DatabaseSync } from 'node:sqlite'

/** How long a statement of a program that may wait (a migration) waits for another process's lock. */
export const BUSY_TIMEOUT_MS = 5_000

/**
 * Opens the file with what every process has to agree on: WAL, so that readers never wait for the writer, and full
 * synchronisation, because an acknowledged trade is a promise.
 */
export function connect(path: string, options: { busyTimeoutMs: number; readOnly?: boolean }): DatabaseSync {
  const { busyTimeoutMs, readOnly = false } = options
  const connection = new DatabaseSync(path, { timeout: busyTimeoutMs, readOnly, enableForeignKeyConstraints: true })
  try {
    if (!readOnly) connection.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL')
    return connection
  } catch (error) {
    connection.close()
    throw error
  }
}

/** Somebody else holds the lock. */
export const isBusy = (error: unknown): boolean => primaryCodeOf(error) === 5

/** A CHECK, UNIQUE, NOT NULL or foreign key said no. */
export const isConstraint = (error: unknown): boolean => primaryCodeOf(error) === 19

/** SQLite's result code without the bits that refine it. */
function primaryCodeOf(error: unknown): number | undefined {
  return error instanceof Error && 'errcode' in error && typeof error.errcode === 'number'
    ? error.errcode & 0xff
    : undefined
}
