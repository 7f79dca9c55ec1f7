import type { ResolvedNeed } from '../../../config/resolved.ts'
import {
  CACHE_BYTES,
  IMAGE_VERSIONS,
  POSTGRES_ADMIN,
  POSTGRES_CONNECTIONS_MAX,
  redisSettings,
} from '../../need-settings.ts'
import type { Place } from '../labels.ts'
import { KAFKA_CONFIG, KAFKA_LIBRARIES, KAFKA_LOGS, KAFKA_PORT, kafkaLogin, kafkaVariables } from './kafka-variables.ts'
import { needAlias } from './names.ts'
import { SECRETS_FOLDER } from './own-files.ts'

/** What a need's server has been given by control. */
export interface NeedPasswords {
  /** Of the account that services use. */
  readonly password: string
  /** Of the account that control looks after the server with. */
  readonly adminPassword: string
}

/** How a kind of need runs in a container: the images of its makers, and whatever keeps to their conventions. */
export interface NeedServer {
  /** Of the version that was asked for; null: of IMAGE_VERSIONS. */
  image(version: string | null): string
  /** Number of the user that those images are made for: it owns the data. */
  readonly user: number
  readonly port: number
  readonly stopSignal: 'SIGINT' | 'SIGTERM'
  /** Folders that it writes besides its data, gone with the container. */
  readonly scratch: readonly string[]
  /** A folder, gone with the container, into which it unpacks libraries that it then runs; null: it has none. */
  readonly libraries: string | null
  /** Shared memory in bytes; null: it wants none. */
  readonly sharedBytes: number | null
  memoryBytesMax(config: ResolvedNeed): number | null
  readonly argv: readonly string[]
  env(place: Place, need: string): Readonly<Record<string, string>>
  /** What its file with secrets is called, and holds. */
  secretFile(config: ResolvedNeed, passwords: NeedPasswords): { readonly name: string; readonly text: string }
}

/** Where a need's container has its data: a folder of its own, so that no image's own idea of a volume is in the way. */
export const NEED_FOLDER = '/var/lib/need'
export const NEED_DATA = `${NEED_FOLDER}/data`

const ADMIN_FILE = 'admin'
const REDIS_FILE = 'redis.conf'
const KAFKA_FILE = 'jaas.conf'
const MIB = 1024 * 1024

/** Null for kinds that no container of ours runs. */
export function needServer(kind: ResolvedNeed['kind']): NeedServer | null {
  return kind === 'postgres' ? POSTGRES : kind === 'redis' ? REDIS : kind === 'kafka' ? KAFKA : null
}

const POSTGRES: NeedServer = {
  image: (version) => `postgres:${version ?? IMAGE_VERSIONS.postgres}`,
  user: 999,
  port: 5432,
  // Fast shutdown: clients are told, everything is written. SIGTERM would wait for the clients to leave.
  stopSignal: 'SIGINT',
  scratch: ['/var/run/postgresql'],
  libraries: null,
  // For queries on several cores; the engine's own default of 64 MiB ends them.
  sharedBytes: 256 * MIB,
  memoryBytesMax: () => null,
  argv: [
    'postgres',
    ...Object.entries({
      listen_addresses: '*',
      max_connections: String(POSTGRES_CONNECTIONS_MAX),
      shared_buffers: '128MB',
      password_encryption: 'scram-sha-256',
      wal_compression: 'on',
      log_lock_waits: 'on',
    }).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
  ],
  env: () => ({
    PGDATA: NEED_DATA,
    POSTGRES_DB: 'postgres',
    POSTGRES_INITDB_ARGS: '--auth-host=scram-sha-256 --data-checksums --encoding=UTF8 --locale=C.UTF-8',
    POSTGRES_PASSWORD_FILE: `${SECRETS_FOLDER}/${ADMIN_FILE}`,
    POSTGRES_USER: POSTGRES_ADMIN,
  }),
  secretFile: (_, { adminPassword }) => ({ name: ADMIN_FILE, text: adminPassword }),
}

const REDIS: NeedServer = {
  image: (version) => `redis:${version ?? IMAGE_VERSIONS.redis}`,
  user: 999,
  port: 6379,
  // Saves what it keeps, then ends.
  stopSignal: 'SIGTERM',
  scratch: [],
  libraries: null,
  sharedBytes: null,
  // Beside what it holds: the copy that writing the whole file anew may take at worst, and its own.
  memoryBytesMax: ({ role, bytesMax }) => {
    const held = bytesMax ?? (role === 'cache' ? CACHE_BYTES : null)
    return held === null ? null : 2 * held + 64 * MIB
  },
  argv: ['redis-server', `${SECRETS_FOLDER}/${REDIS_FILE}`],
  env: () => ({}),
  secretFile: (config, { password }) => ({
    name: REDIS_FILE,
    text: [
      '# Written by Seaworthy when the container is made.',
      'bind * -::*',
      'port 6379',
      'protected-mode yes',
      `requirepass ${password}`,
      `dir ${NEED_DATA}`,
      'daemonize no',
      'logfile ""',
      'save ""',
      'appendfsync everysec',
      ...Object.entries(redisSettings(config)).map(([name, value]) => `${name} ${value}`),
      '',
    ].join('\n'),
  }),
}

const KAFKA: NeedServer = {
  image: (version) => `apache/kafka:${version ?? IMAGE_VERSIONS.kafka}`,
  user: 1000,
  port: KAFKA_PORT,
  // Gives up what it leads and closes its files; killed, it reads all of them again at the next start.
  stopSignal: 'SIGTERM',
  scratch: [KAFKA_CONFIG, KAFKA_LOGS],
  libraries: KAFKA_LIBRARIES,
  sharedBytes: null,
  // Beside its heap: threads, code, buffers, and room for the pages of files that it lives by.
  memoryBytesMax: () => 2048 * MIB,
  // The image's own command.
  argv: [],
  env: (place, need) =>
    kafkaVariables(place, need, {
      host: needAlias(need),
      data: NEED_DATA,
      login: `${SECRETS_FOLDER}/${KAFKA_FILE}`,
    }),
  secretFile: (_, passwords) => ({ name: KAFKA_FILE, text: kafkaLogin(passwords) }),
}
