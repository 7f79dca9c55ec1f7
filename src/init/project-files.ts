import { closeSync, constants, openSync, readdirSync, readSync, realpathSync, type Dirent } from 'node:fs'
import { basename, join } from 'node:path'

export const FILES_MAX = 20_000
export const DEPTH_MAX = 12
/** More of one file is not read: what it declares stands at its beginning. */
export const FILE_BYTES_MAX = 256 * 1024
/** Read in all; sources beyond it are only listed. */
export const READ_BYTES_MAX = 32 * 1024 * 1024

/** What `init` knows of a project: a bounded list of files, and the text of those that are worth reading. */
export interface ProjectFiles {
  /** The folder's name. */
  readonly name: string
  /** Relative paths with '/', sorted. */
  readonly paths: readonly string[]
  /** The text of a file: empty where it is there but was not read, null where it is not there. */
  text(path: string): string | null
  /** What was left out because of a bound, in words. */
  readonly left: readonly string[]
}

/** Packages, version control and what tools make: none of it is the project's own. */
const SKIPPED = new Set(
  `node_modules bower_components vendor venv env virtualenv site-packages __pycache__ target coverage tmp log logs
   test tests __tests__ spec e2e cypress testdata fixtures __fixtures__`.split(/\s+/),
)

/** Manifests and sources; '.env' itself holds values of secrets and is never opened. */
const READ =
  /(?:^|\/)(?:(?:Docker|Containerfile|Gem|Pip|Rake)file(?:\.[\w-]+)?|Containerfile|go\.mod|artisan|Procfile|\.env\.(?:example|sample|template|dist)|env\.example|requirements[\w-]*\.txt)$|\.(?:[cm]?[jt]sx?|py|go|rb|ru|php|pl|lua|exs?|rs|java|kt|cs|vue|svelte|json|ya?ml|toml|prisma|ini|cfg)$/
/** Of these only the existence counts. */
const LISTED_ONLY = /(?:^|\/)(?:package-lock\.json|npm-shrinkwrap\.json|pnpm-lock\.yaml|composer\.lock)$|\.min\.js$/

/**
 * Lists and reads a project's folder. Hidden folders, packages and tests are skipped, symbolic links are not followed,
 * and everything has a bound (12 levels, 256 KiB of a file, 32 MiB in all).
 * @param options.filesMax how many are listed. @default 20000
 */
export function readProject(folder: string, { filesMax = FILES_MAX }: { filesMax?: number } = {}): ProjectFiles {
  const texts = new Map<string, string | null>()
  const paths: string[] = []
  const left: string[] = []
  let bytesLeft = READ_BYTES_MAX

  const visit = (inner: string, depth: number): void => {
    const entries = entriesOf(join(folder, inner))
    if (entries === null) return void left.push(`${inner}/: cannot be read`)
    for (const entry of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
      if (paths.length >= filesMax) return
      const path = inner === '' ? entry.name : `${inner}/${entry.name}`
      if (entry.isDirectory() && !entry.name.startsWith('.') && !SKIPPED.has(entry.name)) {
        if (depth < DEPTH_MAX) visit(path, depth + 1)
        else left.push(`${path}/: deeper than ${DEPTH_MAX} folders`)
      }
      if (entry.isFile()) paths.push(path)
    }
  }
  visit('', 1)
  if (paths.length >= filesMax) left.push(`more than ${filesMax} files: the rest was not looked at`)

  // What is nearest to the top says most: it is read first, should the bytes run out.
  const worth = paths.filter((path) => READ.test(path) && !LISTED_ONLY.test(path))
  for (const path of worth.toSorted((a, b) => a.split('/').length - b.split('/').length)) {
    const text = bytesLeft > 0 ? readHead(join(folder, path)) : null
    bytesLeft -= text?.length ?? 0
    texts.set(path, text)
  }
  if (bytesLeft <= 0) left.push(`more than ${READ_BYTES_MAX / 1024 / 1024} MiB of sources: the rest was not read`)
  return projectOf({ name: basename(realpathSync(folder)), paths, texts, left })
}

/** A project that is nothing but these files: what detectors are tried on. */
export function projectFrom(files: Readonly<Record<string, string>>, name = 'project'): ProjectFiles {
  return projectOf({ name, paths: Object.keys(files), texts: new Map(Object.entries(files)), left: [] })
}

interface Parts {
  readonly name: string
  readonly paths: readonly string[]
  readonly texts: ReadonlyMap<string, string | null>
  readonly left: readonly string[]
}

function projectOf({ name, paths, texts, left }: Parts): ProjectFiles {
  const known = new Set(paths)
  return {
    name,
    paths: paths.toSorted(),
    text: (path) => (known.has(path) ? (texts.get(path) ?? '') : null),
    left,
  }
}

/** Null where they are not ours to read. */
function entriesOf(folder: string): readonly Dirent[] | null {
  try {
    return readdirSync(folder, { withFileTypes: true })
  } catch {
    return null
  }
}

function readHead(path: string): string | null {
  try {
    // What has become a link since it was listed is not followed either.
    const file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW)
    try {
      const buffer = Buffer.alloc(FILE_BYTES_MAX)
      const length = readSync(file, buffer, 0, FILE_BYTES_MAX, 0)
      return buffer.toString('utf8', 0, length)
    } finally {
      closeSync(file)
    }
  } catch {
    // Not ours to read, or gone meanwhile: it counts as there and unread.
    return null
  }
}
