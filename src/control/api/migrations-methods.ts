import type { MigrationFile } from '../../deploy/errand.ts'
import type { ContractBlocker, MigrationPhase, MigrationRun } from '../../deploy/migration.ts'
import type { Release } from '../../deploy/release.ts'

/** The control API's methods about migrations. */
export interface MigrationMethods {
  /** Expands that are done, the level they have made, and every contract that may have changed something. */
  'migration.list': {
    input: { readonly none?: never }
    output: {
      migrations: readonly string[]
      level: number
      contracts: readonly MigrationRun[]
    }
  }
  'migration.state': { input: { readonly none?: never }; output: MigrationState }
  /** Of a release that may not be known yet: on which databases its expands would be rehearsed, in words, by service. */
  'migration.outlook': {
    input: { release: Release; services: readonly string[] }
    output: { outlook: Readonly<Record<string, string>> }
  }
  /**
   * Begins a run, or finds the same one under way. `env`: the command's variables but those of its needs. A contract is
   * refused with `migration.too-early` while an older release may return, unless `giveUpRollback`.
   */
  'migration.begin': {
    input: {
      token: number
      release: string
      service: string
      phase: MigrationPhase
      by: string
      env: Readonly<Record<string, string>>
      giveUpRollback: boolean
      /** Of an `sql` migration, where control has no files of the release: every path below the service's folder. */
      files?: readonly MigrationFile[]
    }
    output: { run: MigrationRun }
  }
  /** Waits up to `waitMs` for its end. */
  'migration.follow': { input: { id: number; waitMs: number }; output: { run: MigrationRun } }
  /** Ends what a release still rehearses. False: something is being applied; ask again. */
  'migration.cancel': { input: { token: number; release: string }; output: { idle: boolean } }
}

/** Where the live release's migrations stand. */
export interface MigrationState {
  readonly live: string | null
  readonly level: number
  readonly services: readonly ServiceMigrations[]
  /** Newest first. */
  readonly runs: readonly MigrationRun[]
}

export interface ServiceMigrations {
  readonly service: string
  /** Null where none is declared. */
  readonly expand: { readonly command: readonly string[]; readonly last: MigrationRun | null } | null
  readonly contract: {
    readonly command: readonly string[]
    /** The newest run of exactly this contract. */
    readonly last: MigrationRun | null
    readonly isDone: boolean
    readonly blockers: readonly ContractBlocker[]
  } | null
}
