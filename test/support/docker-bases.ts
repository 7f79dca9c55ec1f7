import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'

export interface BaseParts {
  /** Where it is here → where it is to be. Programs bring the libraries that they are linked with. */
  readonly programs: Readonly<Record<string, string>>
  /** Folders that are copied whole, to the same place. */
  readonly folders?: readonly string[]
  /** Path → text, executable. */
  readonly scripts?: Readonly<Record<string, string>>
  /** Name → number, beside root. */
  readonly users?: Readonly<Record<string, number>>
}

/**
 * An archive from which `docker import` makes an image of this machine's own files: no registry is needed, and nothing is in it
 * but what is named here.
 */
export function baseArchive({
  programs,
  folders = [],
  scripts = {},
  users = {},
}: BaseParts): Disposable & { readonly path: string } {
  const folder = mkdtempSync(join(tmpdir(), 'seaworthy-base-'))
  const root = join(folder, 'root')
  for (const path of ['etc', 'tmp', 'proc', 'dev', 'run', 'sys', 'lib64', 'var', 'usr/local/bin'])
    mkdirSync(join(root, path), { recursive: true })
  // A tmpfs that is mounted there takes its mode from here.
  chmodSync(join(root, 'tmp'), 0o1777)
  for (const path of folders) cpSync(path, join(root, path), { recursive: true, dereference: true, filter: isWanted })
  for (const [from, to] of Object.entries(programs)) {
    mkdirSync(dirname(join(root, to)), { recursive: true })
    copyFileSync(realpathSync(from), join(root, to))
    copyLinked(from, root)
  }
  for (const path of folders) for (const module of modulesIn(path)) copyLinked(module, root)
  for (const [path, text] of Object.entries(scripts)) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text, { mode: 0o755 })
  }
  const entries = Object.entries({ root: 0, ...users })
  writeFileSync(
    join(root, 'etc/passwd'),
    entries.map(([name, id]) => `${name}:x:${id}:${id}:${name}:/:/sbin/nologin\n`).join(''),
  )
  writeFileSync(join(root, 'etc/group'), entries.map(([name, id]) => `${name}:x:${id}:\n`).join(''))
  const path = join(folder, 'base.tar')
  execFileSync('tar', ['-c', '--owner=0', '--group=0', '--mode=a+rX', '-f', path, '-C', root, '.'])
  rmSync(root, { recursive: true })
  return { path, [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }) }
}

/** Debian's Python with its standard library. */
export function pythonArchive(): ReturnType<typeof baseArchive> {
  const program = realpathSync('/usr/bin/python3')
  return baseArchive({ programs: { [program]: '/usr/bin/python3' }, folders: [`/usr/lib/${basename(program)}`] })
}

/** Debian's PostgreSQL, behind an entry that keeps to the conventions of the makers' own image. */
export function postgresArchive(): ReturnType<typeof baseArchive> {
  const bin = postgresPrograms()
  const version = basename(dirname(bin))
  const programs = ['postgres', 'initdb', 'pg_dump', 'psql'].map((name): [string, string] => [
    join(bin, name),
    join(bin, name),
  ])
  return baseArchive({
    programs: { ...Object.fromEntries(programs), '/bin/sh': '/bin/sh' },
    folders: [
      join(dirname(bin), 'lib'),
      `/usr/share/postgresql/${version}`,
      '/usr/share/zoneinfo',
      '/usr/lib/locale/C.utf8',
    ],
    scripts: { '/docker-entrypoint.sh': POSTGRES_ENTRY },
    users: { postgres: 999 },
  })
}

/** Where Debian has the programs of its newest PostgreSQL. */
export function postgresPrograms(): string {
  const [newest] = globSync('/usr/lib/postgresql/*/bin').toSorted().toReversed()
  if (newest === undefined) throw new Error('this test needs Postgres: sudo apt-get install postgresql')
  return newest
}

/** Debian's Redis. */
export function redisArchive(): ReturnType<typeof baseArchive> {
  return baseArchive({ programs: { '/usr/bin/redis-server': '/usr/local/bin/redis-server' }, users: { redis: 999 } })
}

/**
 * No Kafka: a program of ours in its place, with the image's name, user and folders. It asks of its container what the start of the
 * makers' image asks, and lets the account of its file in.
 */
export function kafkaStandIn(): ReturnType<typeof baseArchive> {
  const peers = readFileSync(join(import.meta.dirname, 'kafka-peers.ts'), 'utf8')
  return baseArchive({
    programs: { [process.execPath]: '/usr/local/bin/node' },
    scripts: { '/kafka-peers.ts': peers, '/stand-in.ts': KAFKA_STAND_IN },
    users: { appuser: 1000 },
  })
}

const KAFKA_STAND_IN = `
import { execFileSync } from 'node:child_process'
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs'
import { startKafkaWithLogin } from './kafka-peers.ts'
const { CLUSTER_ID, KAFKA_ADVERTISED_LISTENERS, KAFKA_LOG_DIRS, KAFKA_OPTS } = process.env
const option = (name) => KAFKA_OPTS.split(' ').find((word) => word.startsWith('-D' + name + '=')).slice(name.length + 3)
if (Buffer.from(CLUSTER_ID, 'base64url').length !== 16) throw new Error('no cluster id')
for (const folder of ['/opt/kafka/config', '/opt/kafka/logs']) writeFileSync(folder + '/written', '')
const library = option('java.io.tmpdir') + '/library'
writeFileSync(library, '#!/usr/local/bin/node\\n', { mode: 0o700 })
execFileSync(library)
appendFileSync(KAFKA_LOG_DIRS + '/starts', CLUSTER_ID + '\\n')
const [, user, password] = /user_(app)="([^"]+)"/.exec(readFileSync(option('java.security.auth.login.config'), 'utf8'))
const { hostname, port } = new URL(KAFKA_ADVERTISED_LISTENERS.replace(/^SASL_PLAINTEXT/, 'kafka'))
await startKafkaWithLogin({ user, password }, {}, { listens: '0.0.0.0', port: Number(port), advertised: hostname })
`

const POSTGRES_ENTRY = `#!/bin/sh
set -e
if [ ! -s "$PGDATA/PG_VERSION" ]; then
  initdb -D "$PGDATA" -U "$POSTGRES_USER" --pwfile="$POSTGRES_PASSWORD_FILE" $POSTGRES_INITDB_ARGS
  printf 'host all all all scram-sha-256\\n' >> "$PGDATA/pg_hba.conf"
fi
exec "$@"
`

/** Neither tests nor what is compiled again: a base is copied several times. */
function isWanted(path: string): boolean {
  return !/\/(?:__pycache__|test|idlelib|tkinter|lib2to3|ensurepip|bitcode|llvmjit[^/]*|locale|pydoc_data|config-[^/]*)$/.test(
    path,
  )
}

function modulesIn(folder: string): readonly string[] {
  const modules = join(folder, 'lib-dynload')
  if (!existsSync(modules)) return []
  return execFileSync('find', [modules, '-name', '*.so'], { encoding: 'utf8' })
    .split('\n')
    .filter((path) => path !== '')
}

/** Each to the path by which the loader asks for it. */
function copyLinked(program: string, root: string): void {
  const linked = execFileSync('ldd', [program], { encoding: 'utf8' })
  for (const [path] of linked.matchAll(/\/\S+/g)) {
    const to = path.startsWith('/lib64/') ? path : join('/lib', basename(path))
    if (existsSync(join(root, to))) continue
    mkdirSync(dirname(join(root, to)), { recursive: true })
    copyFileSync(path, join(root, to))
  }
}
