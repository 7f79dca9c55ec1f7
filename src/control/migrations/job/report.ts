import { readFileSync, rmSync } from 'node:fs'
import { writeFileAtomic } from '../../../core/atomic-file.ts'
import type { ProblemJson } from '../../../core/problem.ts'
import type { Schema } from '../databases/database.ts'

/**
 * How far a run is, synced at every step. It outlives the job and control: until `applying` nothing real has been touched,
 * from then on the schemas it began with tell what it has changed.
 */
export type MigrationReport =
  | { readonly step: 'rehearsing' }
  | { readonly step: 'applying'; readonly rehearsal: string | null; readonly before: readonly Schema[] }
  | {
      readonly step: 'ended'
      readonly rehearsal: string | null
      /** True once it ran on more than copies. */
      readonly isBegun: boolean
      readonly before: readonly Schema[] | null
      /** Null where the databases could not be read any more. */
      readonly after: readonly Schema[] | null
      readonly problem: ProblemJson | null
    }

export function saveReport(file: string, report: MigrationReport): void {
  writeFileAtomic(file, JSON.stringify(report))
}

/** Null when the job never came to write one. */
export function readReport(file: string): MigrationReport | null {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as MigrationReport
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}

export function forgetReport(file: string): void {
  rmSync(file, { force: true })
}
