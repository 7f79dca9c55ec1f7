import { execFile } from 'node:child_process'
import { existsSync, readdirSync, realpathSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'

const ASK_MS = 5_000
/** Where Debian keeps each version of PostgreSQL; none of it is in PATH. */
const POSTGRES_HOME = '/usr/lib/postgresql'

/** A server's programs on this machine. */
export interface Installation {
  /** As the program says it: '15.18', '7.0.15'. */
  readonly version: string
  /** The folder of its programs. */
  readonly folder: string
}

/** The PostgreSQL servers of this machine, newest first: in PATH, where Debian keeps them, and where pg_config says. */
export async function findPostgres(path: string, home = POSTGRES_HOME): Promise<readonly Installation[]> {
  const versions = existsSync(home) ? readdirSync(home).map((name) => join(home, name, 'bin')) : []
  const told = (await say('pg_config', ['--bindir'], path))?.trim() ?? ''
  return find([...path.split(':'), ...versions, told], ['postgres', 'initdb'], /\(PostgreSQL\) (\d+(?:\.\d+)*)/)
}

/** The Redis servers of this machine, newest first. */
export function findRedis(path: string): Promise<readonly Installation[]> {
  return find([...path.split(':'), '/usr/bin', '/usr/local/bin'], ['redis-server'], /\bv=(\d+(?:\.\d+)*)/)
}

/** Folders that hold all the programs, the first of which says a version; a shim that says something else is none. */
async function find(
  folders: readonly string[],
  programs: readonly [string, ...string[]],
  pattern: RegExp,
): Promise<readonly Installation[]> {
  const places = new Set(
    folders
      .filter((folder) => folder !== '' && programs.every((program) => existsSync(join(folder, program))))
      // Links in PATH lead to the same programs.
      .map((folder) => join(realpathSync(join(folder, programs[0])), '..')),
  )
  const found = await Promise.all(
    [...places].map(async (folder): Promise<Installation[]> => {
      const version = pattern.exec((await say(join(folder, programs[0]), ['--version'], '')) ?? '')?.[1]
      return version === undefined ? [] : [{ version, folder }]
    }),
  )
  return found.flat().toSorted((one, other) => other.version.localeCompare(one.version, 'en', { numeric: true }))
}

/** What a program prints; null when there is none, or it fails. */
async function say(program: string, args: readonly string[], path: string): Promise<string | null> {
  try {
    const env = { PATH: path, LC_ALL: 'C' }
    return (await promisify(execFile)(program, args, { env, timeout: ASK_MS })).stdout
  } catch {
    return null
  }
}
