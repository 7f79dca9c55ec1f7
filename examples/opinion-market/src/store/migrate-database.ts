import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { BUSY_TIMEOUT_MS, connect } from './connect.ts'
import { MIGRATIONS_TABLE, pendingOf, type Phase } from './migrations.ts'

/**
 * Runs what is missing of one phase, all of it in one transaction; run again it does nothing.
 * @returns the names of the migrations that ran.
 */
export function migrateDatabase(path: string, phase: Phase, levelMax: number): readonly string[] {
  mkdirSync(dirname(path), { recursive: true })
  const connection = connect(path, { busyTimeoutMs: BUSY_TIMEOUT_MS })
  try {
    connection.exec('BEGIN IMMEDIATE')
    try {
      connection.exec(MIGRATIONS_TABLE)
      // Read inside the transaction: of two that run at once, the second sees what the first did.
      const applied = new Set(
        connection
          .prepare('SELECT name FROM migrations')
          .all()
          .map((row) => String(row['name'])),
      )
      const pending = pendingOf(phase, { levelMax, applied })
      const record = connection.prepare('INSERT INTO migrations VALUES (?, ?, ?, ?)')
      for (const migration of pending) {
        connection.exec(migration.sql)
        record.run(migration.name, migration.phase, migration.level, new Date().toISOString())
      }
      connection.exec('COMMIT')
      return pending.map((migration) => migration.name)
    } catch (error) {
      connection.exec('ROLLBACK')
      throw error
    }
  } finally {
    connection.close()
  }
}
