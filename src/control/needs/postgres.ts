import { spawn } from 'node:child_process'
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { POSTGRES_ADMIN, POSTGRES_CONNECTIONS_MAX } from '../../deploy/need-settings.ts'
import { addressOf } from './credentials.ts'
import { ownFile } from './own-file.ts'
import type { Engine, ServerPlace } from './engine.ts'
import { findPostgres } from './installations.ts'
import { withOwnWay } from './own-way.ts'
import { APP, askPostgres, databaseName, withClient } from './postgres-client.ts'

const CREATE_MS = 120_000
const SAID_BYTES_MAX = 8_192

export const postgresEngine: Engine = {
  kind: 'postgres',
  title: 'PostgreSQL',
  account: 'postgres',
  install: 'sudo apt-get install postgresql',
  // Fast shutdown: clients are told, everything is written. SIGTERM would wait for the clients to leave.
  stopSignal: 'SIGINT',
  find: (path) => findPostgres(path),
  dataMajor: (data) => {
    const file = join(data, 'PG_VERSION')
    return existsSync(file) ? Number.parseInt(readFileSync(file, 'utf8'), 10) : null
  },
  reads: (major, dataMajor) => major === dataMajor,
  create: (place, { folder }) => initialise(place, join(folder, 'initdb')),
  configure(place) {
    ownFile(join(place.data, 'postgresql.conf'), renderConfig(place), place.account)
    ownFile(join(place.data, 'pg_hba.conf'), HOST_RULES, place.account)
  },
  launch: (place, { folder }) => ({
    argv: withOwnWay(place, (data) => [join(folder, 'postgres'), '-D', data]),
    env: ENVIRONMENT,
  }),
  provision,
  adjust: async () => {},
  probe: (url) => askPostgres(url),
  urlOf: (need, { password, ...at }) => `postgres://${APP}:${password}@${addressOf(at)}/${databaseName(need)}`,
}

const ENVIRONMENT = { PATH: '/usr/bin:/bin', LANG: 'C.UTF-8', LC_ALL: 'C.UTF-8' }

/** Nobody but programs of this machine, and those with a password. */
const HOST_RULES = 'host all all 127.0.0.1/32 scram-sha-256\n'

function renderConfig({ credentials }: ServerPlace): string {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone
  return [
    '# Written by Seaworthy at every start. Your own settings: ALTER SYSTEM, which wins over this file.',
    "listen_addresses = '127.0.0.1'",
    `port = ${credentials.port}`,
    "unix_socket_directories = ''",
    "password_encryption = 'scram-sha-256'",
    `max_connections = ${POSTGRES_CONNECTIONS_MAX}`,
    "shared_buffers = '128MB'",
    'dynamic_shared_memory_type = posix',
    'fsync = on',
    'full_page_writes = on',
    'synchronous_commit = on',
    'wal_compression = on',
    // Control starts it again, ever more slowly, and tells why; by itself it would try many times a second.
    'restart_after_crash = off',
    "log_destination = 'stderr'",
    'logging_collector = off',
    "log_line_prefix = '%m [%p] '",
    `log_timezone = '${zone}'`,
    'log_lock_waits = on',
    '',
  ].join('\n')
}

async function initialise(place: ServerPlace, initdb: string): Promise<void> {
  const passwordFile = join(place.data, '..', 'password.tmp')
  ownFile(passwordFile, place.credentials.adminPassword, place.account)
  const password = openSync(passwordFile, 'r')
  try {
    const options = ['-U', POSTGRES_ADMIN, '--auth=scram-sha-256', '--pwfile=/proc/self/fd/3', '--encoding=UTF8']
    const command = [...options, '--locale=C.UTF-8', '--data-checksums']
    await run(
      withOwnWay(place, (data) => [initdb, ...command, '-D', data]),
      place,
      password,
    )
  } finally {
    closeSync(password)
    ownFile(passwordFile, null, null)
  }
}

function run(
  [program, ...args]: readonly [string, ...string[]],
  place: ServerPlace,
  descriptor: number,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd: place.data,
      env: ENVIRONMENT,
      ...place.account,
      stdio: ['ignore', 'ignore', 'pipe', descriptor],
      timeout: CREATE_MS,
      killSignal: 'SIGKILL',
    })
    let said = ''
    child.stderr!.on('data', (chunk: Buffer) => (said = (said + chunk.toString()).slice(-SAID_BYTES_MAX)))
    child.once('error', reject)
    child.once('close', (code, signal) => {
      if (code === 0) resolve()
      else reject(new Error(said.trim() || `initdb ended with ${signal ?? code}`))
    })
  })
}

/** The account of the services owns its database and may make others beside it; it rules nothing else. */
async function provision({ need, credentials }: ServerPlace): Promise<void> {
  const { adminPassword, password } = credentials
  const database = databaseName(need)
  await withClient(
    `postgres://${POSTGRES_ADMIN}:${adminPassword}@${addressOf(credentials)}/postgres`,
    async (client) => {
      const has = async (sql: string, value: string): Promise<boolean> =>
        (await client.query(sql, [value])).rowCount === 1
      // A statement that fails is logged, and this one holds a password.
      await client.query("set log_min_error_statement = 'panic'")
      const isThere = await has('select 1 from pg_roles where rolname = $1', APP)
      const verb = isThere ? 'alter' : 'create'
      await client.query(`${verb} role ${APP} login createdb password ${client.escapeLiteral(password)}`)
      const name = client.escapeIdentifier(database)
      if (!(await has('select 1 from pg_database where datname = $1', database))) {
        await client.query(`create database ${name} owner ${APP}`)
      }
    },
  )
}
