import type { HookRun, HookRunner } from '../api/hooks-methods.ts'
import type { State } from '../state.ts'

/** What a deploy is still owed. */
export interface OwedRow {
  readonly deploy: string
  /** Of the config it was deployed from. */
  readonly folder: string
  /** Its beginning, its end, is in the audit trail. */
  readonly begun: boolean
  readonly ended: boolean
  readonly hook: HookRun | null
  /** Who has taken the hook, where control has nothing to run it with, and when. */
  readonly runner?: HookRunner & { readonly at: number }
  /** Nothing is owed any more. */
  readonly settled: boolean
}

export interface Owed {
  add(deploy: string, folder: string): void
  save(row: OwedRow): void
  find(deploy: string): OwedRow | null
  /** Oldest first. */
  open(): readonly OwedRow[]
}

/** A table in state.db; rows go with their deploys. */
export function makeOwed(state: State): Owed {
  return state.tables((db) => {
    db.exec(
      'create table if not exists owed (deploy text primary key, settled integer not null, owed text not null) strict',
    )
    const parse = (row: Record<string, unknown>): OwedRow => JSON.parse(row['owed'] as string) as OwedRow
    const save = (row: OwedRow): void =>
      void db
        .prepare('insert or replace into owed values (?, ?, ?)')
        .run(row.deploy, row.settled ? 1 : 0, JSON.stringify(row))
    return {
      add: (deploy, folder) => {
        save({ deploy, folder, begun: false, ended: false, hook: null, settled: false })
        db.exec('delete from owed where deploy not in (select id from deploys)')
      },
      save,
      find: (deploy) => {
        const row = db.prepare('select owed from owed where deploy = ?').get(deploy)
        return row === undefined ? null : parse(row)
      },
      open: () => db.prepare('select owed from owed where settled = 0 order by rowid').all().map(parse),
    }
  })
}
