import type { NeedConnection } from '../../needs/connection.ts'
import type { SqlFile } from '../sql-files.ts'

/** Above this a copy holds the schema, and of the rows only those of small tables: a framework's own list of migrations. */
export const WHOLE_COPY_BYTES_MAX = 1024 ** 3
/** Tables up to so many rows count as small. */
export const SMALL_TABLE_ROWS_MAX = 10_000
/** How long a run waits for another one that is at work on the same database. */
export const LOCK_WITHIN_MS = 30_000
/** How long a statement of ours waits for the app's own locks before it gives way: traffic waits behind it. */
export const STATEMENT_LOCK_MS = 2_000
/** How often all of it is tried again after it has given way. */
export const LOCK_ATTEMPTS_MAX = 5
export const LOCK_PAUSE_MS = 1_000
/** A copy that takes longer is given up. */
export const COPY_WITHIN_MS = 10 * 60_000

/** Lines that describe all of a schema, sorted: 'column public.items.price integer not null'. */
export type Schema = readonly string[]

export type CopyOf = 'data' | 'schema'

/** A scratch copy, and how the text of an environment that names the original is made to name the copy. */
export interface Copy {
  readonly database: Database
  readonly of: CopyOf
  readonly replace: readonly (readonly [original: string, copy: string])[]
  /** Variables that hold no more than the original's name. */
  readonly variables: Readonly<Record<string, string>>
}

export interface SqlRun {
  readonly service: string
  readonly phase: string
  readonly release: string
  readonly files: readonly SqlFile[]
}

/** The ledger's name, in the database that it is about. */
export const LEDGER = 'seaworthy_migrations'

/** What a migration asks of a database. Every failure an operator can mend is a Problem. */
export interface Database {
  readonly need: string
  readonly kind: 'postgres' | 'sqlite'
  /** Bytes on disk. */
  size(): Promise<number>
  /**
   * One run at a time, over all hosts; held until disposed or until this process dies.
   * @throws Problem `migration.locked`
   */
  lock(withinMs: number): Promise<AsyncDisposable>
  schema(): Promise<Schema>
  /** Replaces what an earlier run left. @throws Problem `migration.no-rehearsal` where no copy can be made. */
  copy(bytesMax: number): Promise<Copy>
  /** Removes a copy that is there; of none, nothing. */
  removeCopy(): Promise<void>
  /** Files that the ledger lacks. @throws Problem `migration.sql-changed` for one that was applied with other text. */
  pending(run: SqlRun): Promise<readonly SqlFile[]>
  /** Applies what is pending in one transaction, with the ledger; all of it or nothing. */
  apply(run: SqlRun): Promise<void>
}

export type SqlConnection = NeedConnection & { readonly kind: Database['kind'] }

export function isSqlConnection(connection: NeedConnection): connection is SqlConnection {
  return isSqlKind(connection.kind)
}

export function isSqlKind(kind: NeedConnection['kind']): kind is Database['kind'] {
  return kind === 'postgres' || kind === 'sqlite'
}
