import { chmod, copyFile, mkdir, readlink, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ResolvedService } from '../../../config/resolved.ts'
import type { Source } from '../../source.ts'
import type { Runtime } from './base.ts'
import { dockerfileOf, dockerignoreOf } from './dockerfile.ts'
import { ownFiles } from './own-files.ts'

export interface ContextInput {
  readonly source: Source
  readonly service: ResolvedService
  readonly name: string
  readonly runtime: Runtime
  readonly base: string
}

/**
 * Writes what an image is built from into a folder: exactly the files of the source, readable for the image's user whatever
 * the mask of whoever builds it, and beside them what is ours.
 */
export async function writeContext(folder: string, input: ContextInput): Promise<void> {
  const { source, service, name, runtime, base } = input
  const app = join(folder, 'app')
  const folders = new Set(source.files.flatMap(({ path }) => foldersOf(path)))
  const own = [app, join(folder, 'seaworthy'), join(folder, 'writable')]
  for (const one of [...own, ...[...folders].map((path) => join(app, path))]) await openFolder(one)
  for (const { path, kind, isExecutable } of source.files) {
    const [from, to] = [join(source.folder, path), join(app, path)]
    if (kind === 'link') await symlink(await readlink(from), to)
    else {
      await copyFile(from, to)
      await chmod(to, isExecutable ? 0o755 : 0o644)
    }
  }
  for (const [file, text] of Object.entries(ownFiles(runtime).files)) {
    const to = join(folder, 'seaworthy', file)
    await writeFile(to, text)
    await chmod(to, 0o644)
  }
  await writeFile(join(folder, 'Dockerfile'), dockerfileOf({ name, service, runtime, base }))
  await writeFile(join(folder, '.dockerignore'), dockerignoreOf(service))
}

async function openFolder(path: string): Promise<void> {
  await mkdir(path, { recursive: true })
  await chmod(path, 0o755)
}

/** `a`, `a/b` of `a/b/c`: outer ones first. */
function foldersOf(path: string): readonly string[] {
  const parts = path.split('/').slice(0, -1)
  return parts.map((_, index) => parts.slice(0, index + 1).join('/'))
}
