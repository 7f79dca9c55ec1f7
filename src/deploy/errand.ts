/**
 * What a migration's run, which control keeps, wants done by whoever has the engine: one thing after the other, each until its
 * end was told. Its texts hold credentials: they go from control to the one who asks, and into files of a container.
 */
export type Errand =
  | {
      /** 1, 2, … within its run: the same number is the same work, and is not done twice. */
      readonly id: number
      readonly what: 'command'
      readonly argv: readonly string[]
      /** All of its variables; in a rehearsal those of its databases name copies. */
      readonly env: Readonly<Record<string, string>>
    }
  | {
      readonly id: number
      readonly what: 'copy'
      readonly need: string
      /** Of the database that is dumped. */
      readonly url: string
      /** Name of the database on the same server that it goes into. */
      readonly into: string
      /** Of pg_dump. */
      readonly options: readonly string[]
    }

export interface ErrandEnd {
  /** How it ended, such as 'exited with 3'; null: well. */
  readonly because: string | null
  /** What it said last. */
  readonly lastLines: readonly string[]
}

/** A file of an `sql` migration, on its way to where it is run. */
export interface MigrationFile {
  /** Relative to the service's folder. */
  readonly path: string
  readonly text: string
}
