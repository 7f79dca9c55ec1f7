import { chmodSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

/** How long a connection waits for another one's write; each connection has to ask for it, so services are told. */
export const BUSY_TIMEOUT_MS = 5_000

export function sqliteFile(stateFolder: string, need: string): string {
  return join(stateFolder, 'needs', need, `${need}.db`)
}

/** Makes the file where there is none, and has it in WAL mode: that stays with the file, whoever opens it. */
export function prepareSqlite(file: string): void {
  mkdirSync(join(file, '..'), { recursive: true, mode: 0o700 })
  const database = new DatabaseSync(file)
  try {
    database.exec(`pragma busy_timeout = ${BUSY_TIMEOUT_MS}; pragma journal_mode = wal`)
  } finally {
    database.close()
  }
  chmodSync(file, 0o600)
}
