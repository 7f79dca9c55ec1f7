import { join } from 'node:path'
import type { Database, SqlConnection } from './database.ts'
import { PostgresDatabase } from './postgres.ts'
import type { Pour } from './pour.ts'
import { SqliteDatabase } from './sqlite.ts'

/** The databases behind connections; copies of files lie in `scratchFolder`. */
export function openDatabases(
  connections: readonly SqlConnection[],
  scratchFolder: string,
  pour?: Pour,
): readonly Database[] {
  return connections.map((connection) =>
    connection.kind === 'postgres'
      ? new PostgresDatabase(connection, pour)
      : new SqliteDatabase(connection, join(scratchFolder, `${connection.need}.db`)),
  )
}
