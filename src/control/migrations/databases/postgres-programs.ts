import { spawn } from 'node:child_process'
import { existsSync, globSync } from 'node:fs'
import { dirname } from 'node:path'
import { Problem } from '../../../core/problem.ts'

const ERROR_BYTES_MAX = 8 * 1024

/**
 * The folder of the programs that fit a server: its own major version, else the next newer one. psql of another version
 * than pg_dump's may not understand what that writes, so both come from one folder.
 * @throws Problem `migration.no-rehearsal`
 */
export function findPrograms(serverMajor: number, path: string): string {
  const installed = globSync('/usr/lib/postgresql/*/bin/pg_dump').map((file) => dirname(file))
  const versions = installed.map((folder) => ({ folder, major: Number(folder.split('/').at(-2)) }))
  const fitting = versions
    .filter(({ folder, major }) => major >= serverMajor && existsSync(`${folder}/psql`))
    .toSorted((one, other) => one.major - other.major)
  const found = fitting[0]?.folder ?? path.split(':').find((folder) => existsSync(`${folder}/pg_dump`))
  if (found !== undefined) return found
  throw new Problem('migration.no-rehearsal', `pg_dump of version ${serverMajor} or newer is not on this machine`, {
    hint: `sudo apt-get install postgresql-client-${serverMajor}. Nothing was changed.`,
  })
}

export interface Piping {
  readonly dump: readonly [string, ...string[]]
  readonly restore: readonly [string, ...string[]]
  /** How the programs reach the server; PGDATABASE names what is dumped. */
  readonly environment: Readonly<Record<string, string>>
  readonly restoreInto: string
  readonly withinMs: number
}

/** Pours a dump into a restore. Rejects with what the first to fail has said. */
export async function pipe({ dump, restore, environment, restoreInto, withinMs }: Piping): Promise<void> {
  const signal = AbortSignal.timeout(withinMs)
  const from = start(dump, environment, signal)
  const to = start(restore, { ...environment, PGDATABASE: restoreInto }, signal)
  // Who reads has ended early: its own message says why.
  to.child.stdin.on('error', () => from.child.kill())
  from.child.stdin.end()
  from.child.stdout.pipe(to.child.stdin)
  to.child.stdout.resume()
  const ends = await Promise.all([from.ended, to.ended])
  if (signal.aborted) throw new Error(`it took longer than ${withinMs / 1000} s`)
  const failed = ends.toReversed().find((end) => end !== null)
  if (failed !== undefined) throw new Error(failed)
}

function start([program, ...args]: readonly [string, ...string[]], env: Record<string, string>, signal: AbortSignal) {
  const child = spawn(program, args, { env, stdio: ['pipe', 'pipe', 'pipe'], signal, killSignal: 'SIGKILL' })
  let said = ''
  child.stderr.on('data', (chunk: Buffer) => (said = (said + chunk.toString()).slice(-ERROR_BYTES_MAX)))
  const ended = new Promise<string | null>((resolve) => {
    child.once('error', (error) => resolve(error.message))
    child.once('close', (code, killedBy) =>
      resolve(code === 0 ? null : said.trim() || `ended with ${code ?? killedBy}`),
    )
  })
  return { child, ended }
}
