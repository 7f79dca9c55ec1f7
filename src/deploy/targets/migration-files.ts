import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Problem } from '../../core/problem.ts'
import type { MigrationFile } from '../errand.ts'
import { filesMoved } from '../moved.ts'
import type { MigrationPhase } from '../migration.ts'
import type { Release } from '../release.ts'
import { readSource } from '../source.ts'

/** They travel in one call to control, which takes 8 MiB. */
const BYTES_MAX = 4 * 1024 * 1024

/**
 * The files of an `sql` migration, out of the project's folder as long as it is what the release was made of.
 * @throws Problem `deploy.moved` `migration.sql-unreadable`
 */
export async function migrationFiles(
  release: Release,
  service: string,
  phase: MigrationPhase,
  { projectFolder, keptOut }: { readonly projectFolder: string; readonly keptOut: readonly string[] },
): Promise<readonly MigrationFile[]> {
  const declared = release.config.services[service]!
  const source = await readSource(projectFolder, declared, keptOut)
  if (source.hash !== release.artifacts[service]) throw filesMoved(release, service, source)
  const wanted = (declared.migrate[phase]?.[1] ?? '').replace(/^\.\//, '').replace(/\/+$/, '')
  const paths = source.files.flatMap(({ path, kind }) => (kind === 'file' && isOf(path, wanted) ? [path] : []))
  const files: MigrationFile[] = []
  let bytes = 0
  for (const path of paths) {
    const text = await readFile(join(source.folder, path), 'utf8')
    bytes += Buffer.byteLength(text)
    if (bytes > BYTES_MAX) throw tooLarge(service, wanted)
    files.push({ path, text })
  }
  return files
}

function isOf(path: string, wanted: string): boolean {
  return (
    path === wanted || (path.startsWith(wanted === '' || wanted === '.' ? '' : `${wanted}/`) && path.endsWith('.sql'))
  )
}

function tooLarge(service: string, folder: string): Problem {
  return new Problem(
    'migration.sql-unreadable',
    `${service}: the files of ${folder} are larger than ${BYTES_MAX / 1024 ** 2} MiB`,
    {
      hint: 'Load data by a command of its own.',
    },
  )
}
