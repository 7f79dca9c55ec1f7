import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, isAbsolute, join, normalize, sep } from 'node:path'
import { Problem } from '../../core/problem.ts'
import type { MigrationFile } from '../../deploy/errand.ts'

/**
 * Writes the files of an `sql` migration where its run can read them, and answers with that folder. What was there is gone.
 * @throws Problem `migration.sql-unreadable` for a path that leads out of the folder
 */
export function placeFiles(folder: string, files: readonly MigrationFile[]): string {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  for (const { path, text } of files) {
    const to = join(folder, path)
    if (isAbsolute(path) || !to.startsWith(folder + sep) || normalize(path) !== path) {
      throw new Problem('migration.sql-unreadable', `${path} is no file inside the service`, {
        hint: 'Name a file or a folder inside the service.',
      })
    }
    mkdirSync(dirname(to), { recursive: true, mode: 0o700 })
    writeFileSync(to, text, { mode: 0o600 })
  }
  return folder
}
