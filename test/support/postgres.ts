import { spawn, spawnSync } from 'node:child_process'
import { chownSync, globSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { Client } from 'pg'
import { pickPort } from '../../src/control/ports.ts'
import { isGone } from './processes.ts'
import { until } from './project.ts'

/** A real server of a test's own; disposing it ends it and removes its data. */
export interface TestPostgres extends AsyncDisposable {
  /** Of the database `shop`, as a user who may create databases. */
  readonly url: string
  query(sql: string, database?: string): Promise<readonly Record<string, unknown>[]>
  /** Of the server itself; another one after a restart. */
  readonly pid: number
  /** Starts it again once it has been killed. */
  restart(): Promise<void>
}

/** Starts Debian's Postgres on a free port; as user `postgres` where we are root, since it refuses root. */
export async function startPostgres(): Promise<TestPostgres> {
  const programs = globSync('/usr/lib/postgresql/*/bin/postgres').map((file) => dirname(file))
  const [bin] = programs.toSorted().toReversed()
  if (bin === undefined) throw new Error('this test needs Postgres: sudo apt-get install postgresql')
  const folder = mkdtempSync(join(tmpdir(), 'seaworthy-pg-'))
  const owner = ownerOf()
  if (owner.uid !== undefined) chownSync(folder, owner.uid, owner.gid!)
  const data = join(folder, 'data')
  const made = spawnSync(`${bin}/initdb`, ['-D', data, '-U', 'tester', '-A', 'trust', '-E', 'UTF8', '--no-sync'], {
    cwd: folder,
    ...owner,
  })
  if (made.status !== 0) throw new Error(`initdb: ${made.stderr.toString()}`)
  const port = await pickPort('127.0.0.1', new Set())
  // Nothing of it outlives the test, so nothing has to reach the disk.
  const settings = ['-c', 'fsync=off', '-c', 'listen_addresses=127.0.0.1', '-c', `unix_socket_directories=${folder}`]
  const start = () =>
    spawn(`${bin}/postgres`, ['-D', data, '-p', String(port), ...settings], { cwd: folder, stdio: 'ignore', ...owner })
  let server = start()
  const query = async (sql: string, database = 'shop'): Promise<readonly Record<string, unknown>[]> => {
    const client = new Client({ host: '127.0.0.1', port, user: 'tester', database })
    await client.connect()
    try {
      return (await client.query<Record<string, unknown>>(sql)).rows
    } finally {
      await client.end()
    }
  }
  const answers = (): Promise<boolean> =>
    query('select 1', 'postgres').then(
      () => true,
      () => false,
    )
  const restart = async (): Promise<void> => {
    // It refuses to start while a process of the killed one is left.
    await until(async () => {
      if (server.exitCode !== null || server.signalCode !== null) server = start()
      return answers()
    }, 'Postgres to be back')
  }
  const dispose = async (): Promise<void> => {
    if (server.exitCode === null && server.signalCode === null && server.pid !== undefined) {
      server.kill('SIGINT')
      await until(() => server.exitCode !== null && isGone(server.pid!), 'Postgres to end')
    }
    rmSync(folder, { recursive: true, force: true })
  }
  try {
    await until(answers, 'Postgres to answer')
    await query('create database shop', 'postgres')
  } catch (error) {
    await dispose()
    throw error
  }
  return {
    url: `postgres://tester@127.0.0.1:${port}/shop`,
    query,
    get pid() {
      return server.pid!
    },
    restart,
    [Symbol.asyncDispose]: dispose,
  }
}

function ownerOf(): { uid?: number; gid?: number } {
  if (process.getuid?.() !== 0) return {}
  const [uid, gid] = ['-u', '-g'].map((flag) => Number(spawnSync('id', [flag, 'postgres']).stdout.toString()))
  return { uid: uid!, gid: gid! }
}
