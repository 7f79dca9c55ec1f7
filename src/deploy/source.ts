import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { lstat, readdir, readlink, realpath } from 'node:fs/promises'
import { basename, dirname, join, relative, sep } from 'node:path'
import { promisify } from 'node:util'
import type { ResolvedService } from '../config/resolved.ts'
import { Problem } from '../core/problem.ts'

export const FILES_MAX = 200_000
/** Never part of a release: version control and our own state. */
const NEVER = new Set(['.git', '.hg', '.svn', '.seaworthy'])
/** What a build makes anew; left out when there is a build and no git to ask. */
const MADE_BY_BUILDS = new Set(['node_modules', '.venv', 'venv', '__pycache__', '.next', '.turbo', '.cache'])
/** Its meaning is part of a release in another form. */
const CONFIG = /^seaworthy\.config\.(ts|mts|js|mjs|json)$/
const GIT_BYTES_MAX = 64 * 1024 * 1024

export interface SourceFile {
  /** Relative to the service's folder. */
  readonly path: string
  readonly kind: 'file' | 'link'
  readonly isExecutable: boolean
  /** When its content, name or mode last changed, as the file system has it. */
  readonly changedAtMs: number
}

export interface Source {
  /** Absolute. */
  readonly folder: string
  readonly files: readonly SourceFile[]
  /** sha256 over every path, mode and content, and over the build: the same name means the same files. */
  readonly hash: string
}

/**
 * The files that make a service. With a build: what git tracks or would track, because the build makes the rest. Without
 * one: everything that is there, since what git ignores (node_modules, dist) is what runs. A static service: its folder,
 * without dotfiles. One that names an image has none.
 * @param keptOut absolute paths of files and folders that are no part of it wherever they lie
 */
export async function readSource(
  projectFolder: string,
  service: ResolvedService,
  keptOut: readonly string[],
): Promise<Source> {
  const folder = join(projectFolder, service.path)
  // Made elsewhere: its name is all there is to it.
  if (service.run.kind === 'image') return { folder, files: [], hash: shortHash(service.run.image) }
  const only = service.run.kind === 'static' && service.build === null ? service.run.folder : null
  const isOut = await outOf(folder, keptOut)
  const paths = (await listPaths(folder, service.build !== null, isOut))
    .filter((path) => !service.writable.some((writable) => isInside(path, writable)))
    .filter((path) => !CONFIG.test(path))
    .filter((path) => only === null || (isInside(path, only) && isPublic(relative(only, path))))
    .toSorted()
  if (paths.length === 0) {
    throw new Problem('artifact.empty', `${join(service.path, only ?? '')}: there are no files to deploy`, {
      hint: "Check the service's `path` (and `static`), that git does not ignore the files, and that the folder is no state folder.",
    })
  }
  if (paths.length > FILES_MAX) {
    throw new Problem(
      'artifact.too-large',
      `${folder} has ${paths.length} files, at most ${FILES_MAX} make a release`,
      {
        hint: "Set the service's `path` to the folder that it needs.",
      },
    )
  }
  const hash = createHash('sha256').update(JSON.stringify([service.build, service.writable]))
  const files: SourceFile[] = []
  for (const path of paths) {
    const found = await lstat(join(folder, path)).catch(() => null)
    if (found === null || !(found.isFile() || found.isSymbolicLink())) continue
    const file: SourceFile = {
      path,
      kind: found.isSymbolicLink() ? 'link' : 'file',
      isExecutable: found.isFile() && (found.mode & 0o100) !== 0,
      changedAtMs: found.ctimeMs,
    }
    hash.update(`\0${path}\0${file.kind}\0${file.isExecutable}\0`)
    if (file.kind === 'link') hash.update(await readlink(join(folder, path)))
    else for await (const chunk of createReadStream(join(folder, path))) hash.update(chunk as Buffer)
    files.push(file)
  }
  return { folder, files, hash: hash.digest('hex').slice(0, 16) }
}

function shortHash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16)
}

function isInside(path: string, folder: string): boolean {
  const clean = folder.replace(/^\.\//, '').replace(/\/+$/, '')
  return clean === '.' || clean === '' || path === clean || path.startsWith(clean + sep)
}

/** What the gateway would give out: no dotfile, but `.well-known` at the top. */
function isPublic(path: string): boolean {
  const [first = '', ...rest] = path.split(sep)
  return (!first.startsWith('.') || first === '.well-known') && !rest.some((part) => part.startsWith('.'))
}

type IsOut = (path: string) => boolean

/** Says which paths below `folder` are kept out. What lies around the folder keeps nothing of it out. */
async function outOf(folder: string, keptOut: readonly string[]): Promise<IsOut> {
  const real = await realpath(folder).catch(() => folder)
  const names = (await Promise.all(keptOut.map(namesOf))).flat().map((name) => relative(real, name))
  return (path) => names.some((name) => isInside(path, name))
}

/** By what names a listing may come upon it: as a link, and as what the link leads to. */
async function namesOf(path: string): Promise<readonly string[]> {
  const parent = await realpath(dirname(path)).catch(() => dirname(path))
  return [join(parent, basename(path)), await realpath(path).catch(() => path)]
}

async function listPaths(folder: string, hasBuild: boolean, isOut: IsOut): Promise<readonly string[]> {
  const fromGit = hasBuild ? await askGit(folder) : null
  return fromGit?.filter((path) => !isOut(path)) ?? walk(folder, hasBuild, isOut)
}

/** Null where there is no git, no repository, or nothing of this folder in it. */
async function askGit(folder: string): Promise<readonly string[] | null> {
  try {
    const { stdout } = await promisify(execFile)(
      'git',
      ['-C', folder, 'ls-files', '-z', '--cached', '--others', '--exclude-standard'],
      { maxBuffer: GIT_BYTES_MAX },
    )
    const paths = stdout.split('\0').filter((path) => path !== '' && !path.split(sep).some((part) => NEVER.has(part)))
    return paths.length > 0 ? paths : null
  } catch {
    return null
  }
}

async function walk(folder: string, hasBuild: boolean, isOut: IsOut): Promise<readonly string[]> {
  const paths: string[] = []
  const visit = async (inner: string): Promise<void> => {
    const entries = await readdir(inner, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
      throw new Problem(
        'artifact.no-folder',
        `${inner}: ${error.code === 'ENOENT' ? 'there is no such folder' : error.message}`,
        {
          hint: "Check the service's `path`.",
        },
      )
    })
    for (const entry of entries) {
      if (NEVER.has(entry.name) || (hasBuild && MADE_BY_BUILDS.has(entry.name))) continue
      const path = join(inner, entry.name)
      if (isOut(relative(folder, path))) continue
      if (entry.isDirectory()) await visit(path)
      else paths.push(relative(folder, path))
      if (paths.length > FILES_MAX) return
    }
  }
  await visit(folder)
  return paths
}
