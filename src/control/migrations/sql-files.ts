import { readdirSync, readFileSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'
import { sha256 } from '../../core/canonical-json.ts'
import { messageOf, Problem } from '../../core/problem.ts'

/** The first word of a migration that Seaworthy runs itself: docs/decisions/0011. */
export const SQL = 'sql'

const FILES_MAX = 1_000
const FILE_BYTES_MAX = 16 * 1024 * 1024

export interface SqlFile {
  /** `001-add-price.sql`: its key in the ledger, whatever folder it lies in. */
  readonly name: string
  readonly sha256: string
  readonly text: string
}

/** The words after `sql`: a file or a folder of them and, where a service uses several databases, which need. */
export interface SqlCommand {
  readonly path: string
  readonly need: string | null
}

/** Null for a command of the app's own. @throws Problem `migration.sql-unreadable` */
export function sqlCommand(argv: readonly string[]): SqlCommand | null {
  if (argv[0] !== SQL) return null
  const [, path, need = null] = argv
  if (path !== undefined && argv.length <= 3) return { path, need }
  throw unreadable(`'${argv.join(' ')}' is no migration`, "Write 'sql FILE-OR-FOLDER', or 'sql FILE-OR-FOLDER NEED'.")
}

/** The file, or the `.sql` files of the folder in the order of their names. @throws Problem `migration.sql-unreadable` */
export function readSqlFiles(path: string): readonly SqlFile[] {
  const names = listFiles(path)
  if (names.length === 0) throw unreadable(`${path} holds no .sql file`, 'Add one, or name another folder.')
  if (names.length > FILES_MAX) throw unreadable(`${path} holds more than ${FILES_MAX} files`, 'Merge the oldest ones.')
  return names.map((file) => readSqlFile(file))
}

function listFiles(path: string): readonly string[] {
  try {
    if (!statSync(path).isDirectory()) return [path]
    const names = readdirSync(path).filter((name) => name.endsWith('.sql'))
    // By code unit: the same order on every machine, whatever its language.
    return names.sort((one, other) => (one < other ? -1 : 1)).map((name) => join(path, name))
  } catch (error) {
    throw unreadable(messageOf(error), 'Name a file or a folder inside the service.')
  }
}

function readSqlFile(file: string): SqlFile {
  const bytes = readFileSync(file)
  if (bytes.length > FILE_BYTES_MAX)
    throw unreadable(`${file} is larger than ${FILE_BYTES_MAX / 1024 ** 2} MiB`, 'Load data by a command of its own.')
  const text = bytes.toString('utf8')
  const name = basename(file)
  if (/^\s*--\s*no[- ]transaction\b/im.test(text)) {
    throw unreadable(
      `${name} asks to run without a transaction`,
      "An sql migration is one transaction. Use a command of your own, such as expand: 'psql -f …', for what cannot be in one.",
    )
  }
  return { name, sha256: sha256(bytes), text }
}

function unreadable(message: string, hint: string): Problem {
  return new Problem('migration.sql-unreadable', message, { hint })
}

/** The files that are not in the ledger. @throws Problem `migration.sql-changed` */
export function notApplied(files: readonly SqlFile[], ledger: ReadonlyMap<string, string>): readonly SqlFile[] {
  const changed = files.find(({ name, sha256: now }) => ledger.has(name) && ledger.get(name) !== now)
  if (changed !== undefined) {
    throw new Problem('migration.sql-changed', `${changed.name} was applied before, with another text`, {
      hint: 'Put its text back, and write the change into a new file.',
    })
  }
  return files.filter(({ name }) => !ledger.has(name))
}
