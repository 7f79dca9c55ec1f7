import { chmod, copyFile, mkdir, readlink, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ResolvedService } from '../../../config/resolved.ts'
import type { Source, SourceFile } from '../../source.ts'
import type { Runtime } from './base.ts'
import { dockerignoreOf, mayBeInImage } from './dockerfile.ts'
import { ownFiles } from './own-files.ts'

export interface ContextInput {
  readonly source: Source
  readonly service: ResolvedService
  /** Whose check and entry lie beside the files. */
  readonly runtime: Runtime
  /** As the generated Dockerfile is to be. */
  readonly dockerfile: string
}

/**
 * Writes what an image is built from into a folder: exactly the files of the source, readable for the image's user whatever
 * the mask of whoever builds it, and beside them what is ours.
 */
export async function writeContext(folder: string, input: ContextInput): Promise<void> {
  const { source, service, runtime, dockerfile } = input
  for (const one of ['app', 'seaworthy', 'writable']) await openFolder(join(folder, one))
  await copyFiles(source, source.files, join(folder, 'app'))
  for (const [file, text] of Object.entries(ownFiles(runtime).files)) {
    const to = join(folder, 'seaworthy', file)
    await writeFile(to, text)
    await chmod(to, 0o644)
  }
  await writeFile(join(folder, 'Dockerfile'), dockerfile)
  await writeFile(join(folder, '.dockerignore'), dockerignoreOf(service))
}

/**
 * The same for a service's own Dockerfile: its files as they are, so that every path in it means what it says. What is never
 * part of an image is left out here: only the service's own `.dockerignore` is read.
 */
export async function writeOwnContext(folder: string, source: Source): Promise<void> {
  await openFolder(folder)
  await copyFiles(
    source,
    source.files.filter(({ path }) => mayBeInImage(path)),
    folder,
  )
}

async function copyFiles(source: Source, files: readonly SourceFile[], folder: string): Promise<void> {
  const folders = new Set(files.flatMap(({ path }) => foldersOf(path)))
  for (const path of folders) await openFolder(join(folder, path))
  for (const { path, kind, isExecutable } of files) {
    const [from, to] = [join(source.folder, path), join(folder, path)]
    if (kind === 'link') await symlink(await readlink(from), to)
    else {
      await copyFile(from, to)
      await chmod(to, isExecutable ? 0o755 : 0o644)
    }
  }
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
