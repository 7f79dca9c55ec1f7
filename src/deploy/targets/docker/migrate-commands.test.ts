import assert from 'node:assert/strict'
import { test } from 'node:test'
import { dockerRelease } from '../../../../test/support/docker-release.ts'
import { showCommand } from '../command.ts'
import { createContainer } from './commands.ts'
import {
  commandContainer,
  copyContainers,
  findContainer,
  listMigrations,
  oneOffCommands,
  waitFor,
} from './migrate-commands.ts'

const PLACE = { app: 'shop', environment: 'staging' }
const IMAGE = 'seaworthy/shop/api:1'
const NAME = 'seaworthy_shop_staging_migrate_4-2'
const step = { host: null, place: PLACE, run: 4 }
const release = dockerRelease(
  {
    api: {
      start: 'node main.js',
      secrets: ['JWT_KEY'],
      env: { LEVEL: 'high', AUDIT: 'postgres://app:geheim@need-db:5432/db?audit' },
      uses: { db: 'required' },
      resources: { cpu: 0.5, memory: '256MiB' },
      writable: ['data'],
    },
  },
  { needs: { db: { kind: 'postgres', version: 15 } } },
)
const URL = 'postgres://app:geheim@need-db:5432/seaworthy_rehearsal'
const errand = {
  id: 2,
  what: 'command',
  argv: ['node', 'migrate.js', '$RELEASE'],
  env: {
    NODE_ENV: 'production',
    LEVEL: 'high',
    AUDIT: `${URL}?audit`,
    RELEASE: release.id,
    REHEARSAL: '1',
    JWT_KEY: 'geheim-2',
    DB_URL: URL,
    DATABASE_URL: URL,
  },
} as const

test('a command runs as an instance would, once, and every value that may hold a password is a file', () => {
  const one = commandContainer(step, release, 'api', { image: IMAGE, isOwn: false }, errand)
  assert.deepEqual(
    createContainer(null, one.container, 'no').argv,
    [
      ['docker', 'create', '--pull', 'never', '--name', NAME],
      ['--label', 'seaworthy.app=shop', '--label', 'seaworthy.environment=staging', '--label', 'seaworthy.migration=4'],
      ['--network', 'seaworthy_shop_staging_inside', '--network-alias', 'migrate-4-2'],
      ['--restart', 'no', '--init', '--stop-timeout', '30'],
      ['--read-only', '--tmpfs', '/tmp:rw,noexec,nosuid,nodev,size=64m,mode=1777'],
      ['--cap-drop', 'ALL', '--security-opt', 'no-new-privileges:true', '--user', '65532:65532'],
      ['--pids-limit', '512', '--cpus', '0.5', '--memory', '268435456', '--memory-swap', '268435456'],
      ['--log-driver', 'local', '--log-opt', 'max-size=10m', '--log-opt', 'max-file=5'],
      ['--mount', `type=volume,source=${NAME}_secrets,target=/run/secrets,readonly`],
      ['--mount', 'type=volume,source=seaworthy_shop_staging_api_data_3a6eb079,target=/app/data'],
      ['--no-healthcheck', '--env', 'NODE_ENV=production', '--env', 'PYTHONUNBUFFERED=1', '--env', 'LEVEL=high'],
      ['--env', 'AUDIT=postgres://app:geheim@need-db:5432/db?audit'],
      ['--env', 'RELEASE=7-3fa9c1d2', '--env', 'INSTANCE=migration 4 of api'],
      ['--env', 'JWT_KEY_FILE=/run/secrets/JWT_KEY', '--env', 'DATABASE_URL_FILE=/run/secrets/DATABASE_URL'],
      ['--env', 'DB_URL_FILE=/run/secrets/DB_URL', '--env', 'AUDIT_FILE=/run/secrets/AUDIT'],
      ['--env', 'REHEARSAL_FILE=/run/secrets/REHEARSAL', IMAGE, 'node', 'migrate.js', '7-3fa9c1d2'],
    ].flat(),
  )
  assert.deepEqual(
    one.secrets.map(({ name, bytes, mode }) => [name, Buffer.from(bytes).toString(), mode]),
    [
      ['AUDIT', `${URL}?audit`, 0o400],
      ['REHEARSAL', '1', 0o400],
      ['JWT_KEY', 'geheim-2', 0o400],
      ['DB_URL', URL, 0o400],
      ['DATABASE_URL', URL, 0o400],
    ],
  )
})

test('one that is no rehearsal says so: nobody is to remove it while it is at work', () => {
  const labelsOf = (env: Readonly<Record<string, string>>): Readonly<Record<string, string>> =>
    commandContainer(step, release, 'api', { image: IMAGE, isOwn: false }, { ...errand, env }).container.labels
  const { REHEARSAL: _, ...applied } = errand.env
  assert.equal(labelsOf(applied)['seaworthy.applying'], 'yes')
  assert.ok(!('seaworthy.applying' in labelsOf(errand.env)))
})

test('in an image without our entry the command is the entry', () => {
  const { container, secrets } = commandContainer(step, release, 'api', { image: IMAGE, isOwn: true }, errand)
  assert.deepEqual([container.entry, container.argv], ['node', ['migrate.js', '7-3fa9c1d2']])
  assert.equal(container.user, null)
  assert.equal(secrets[0]!.mode, 0o444)
})

test('it is made whole before it is started, and waited for by name; no value is in a word', () => {
  const networks = ['seaworthy_shop_staging_inside']
  const one = commandContainer(step, release, 'api', { image: IMAGE, isOwn: false }, errand)
  const commands = oneOffCommands(step, one, networks)
  const verbs = commands.map(({ argv }) => argv.slice(1, argv[1] === 'volume' ? 3 : 2).join(' '))
  assert.deepEqual(verbs, ['volume create', 'volume create', 'rm', 'create', 'cp', 'rm', 'create', 'start'])
  assert.equal(commands.at(-2)!.argv[commands.at(-2)!.argv.indexOf('--restart') + 1], 'no')
  const shown = commands.map(showCommand).join('\n')
  for (const value of ['geheim-2', 'seaworthy_rehearsal']) assert.ok(!shown.includes(value))
  assert.deepEqual(waitFor('ssh://host', NAME, 1000).argv, ['docker', '--host', 'ssh://host', 'wait', NAME])
  assert.deepEqual(findContainer(null, NAME).argv, [
    'docker',
    'ps',
    '--all',
    '--no-trunc',
    '--quiet',
    '--filter',
    `name=^/${NAME}$`,
  ])
  assert.deepEqual(
    listMigrations(null, PLACE).argv,
    [
      ['docker', 'ps', '--all', '--no-trunc', '--quiet', '--filter', 'label=seaworthy.app=shop'],
      ['--filter', 'label=seaworthy.environment=staging', '--filter', 'label=seaworthy.migration'],
    ].flat(),
  )
})

test('a network that it is the first to need is made before it', () => {
  const outward = dockerRelease(
    { api: { start: 'node main.js', uses: { db: 'required' }, migrate: { expand: 'node migrate.js' } } },
    { needs: { db: { kind: 'postgres', url: 'DB' } } },
  )
  const one = commandContainer(step, outward, 'api', { image: IMAGE, isOwn: false }, errand)
  const made = (networks: readonly string[]) =>
    oneOffCommands(step, one, networks)
      .slice(0, 2)
      .filter(({ argv }) => argv[1] === 'network')
      .map(({ argv }) => [argv.includes('--internal'), argv.at(-1)])
  assert.deepEqual(made([]), [
    [true, 'seaworthy_shop_staging_inside'],
    [false, 'seaworthy_shop_staging_outward'],
  ])
  assert.deepEqual(made(['seaworthy_shop_staging_inside']), [[false, 'seaworthy_shop_staging_outward']])
  assert.deepEqual(made(one.container.networks), [])
})

test('a copy is two programs of the need, with a file between them and the password in another', () => {
  const copy = {
    id: 1,
    what: 'copy',
    need: 'db',
    url: 'postgres://app:p%3A%5Cw@need-db/db?sslmode=require',
    into: 'seaworthy_rehearsal',
    options: ['--no-owner'],
  } as const
  const [dump, restore] = copyContainers(step, 'postgres:15', false, copy)
  const { argv } = createContainer(null, dump.container, 'no')
  assert.deepEqual(
    argv.slice(argv.indexOf('--mount')),
    [
      ['--mount', 'type=volume,source=seaworthy_shop_staging_migrate_4-1-dump_secrets,target=/run/secrets,readonly'],
      ['--mount', 'type=volume,source=seaworthy_shop_staging_migrate_4-1_copy,target=/var/lib/copy'],
      ['--no-healthcheck', '--env', 'PGHOST=need-db', '--env', 'PGPORT=5432', '--env', 'PGUSER=app'],
      ['--env', 'PGDATABASE=db', '--env', 'PGPASSFILE=/run/secrets/pgpass', '--env', 'PGAPPNAME=seaworthy migration'],
      ['--env', 'PGCONNECT_TIMEOUT=10', '--env', 'PGSSLMODE=require', '--entrypoint', 'pg_dump', 'postgres:15'],
      ['--no-owner', '--no-password', '--file=/var/lib/copy/dump/all.sql'],
    ].flat(),
  )
  assert.equal(Buffer.from(dump.secrets[0]!.bytes).toString(), '*:*:*:app:p\\:\\\\w\n')
  assert.equal(restore.container.entry, 'psql')
  assert.equal(restore.container.env['PGDATABASE'], 'seaworthy_rehearsal')
  assert.deepEqual(restore.container.argv, [
    '-X',
    '-q',
    '-v',
    'ON_ERROR_STOP=1',
    '--no-password',
    '--file=/var/lib/copy/dump/all.sql',
  ])
  assert.deepEqual(copyContainers(step, 'postgres:17', true, copy)[0].container.networks, [
    'seaworthy_shop_staging_outward',
  ])
})
