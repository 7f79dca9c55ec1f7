import { join } from 'node:path'
import { redisSettings } from '../../deploy/need-settings.ts'
import { connectRedis, type RedisClient } from '../../observe/collect/need/redis-client.ts'
import { addressOf, type Credentials } from './credentials.ts'
import type { Engine, ServerPlace } from './engine.ts'
import { findRedis } from './installations.ts'
import { ownFile } from './own-file.ts'
import { withOwnWay } from './own-way.ts'
import { majorOf } from './versions.ts'

const ASK_MS = 2_000
const CONFIG = 'redis.conf'

export const redisEngine: Engine = {
  kind: 'redis',
  title: 'Redis',
  account: 'redis',
  install: 'sudo apt-get install redis-server',
  // Saves what it keeps, then ends.
  stopSignal: 'SIGTERM',
  find: findRedis,
  dataMajor: (_data, credentials) => (credentials?.ranVersion ? majorOf(credentials.ranVersion) : null),
  // Files of an older one are read; those of a newer one are not.
  reads: (major, dataMajor) => major >= dataMajor,
  create: async () => {},
  configure: (place) => ownFile(join(place.data, CONFIG), renderConfig(place), place.account),
  launch: (place, { folder }) => ({
    argv: withOwnWay(place, (data) => [join(folder, 'redis-server'), join(data, CONFIG), '--dir', data]),
    env: { PATH: '/usr/bin:/bin', LANG: 'C.UTF-8' },
  }),
  provision: async () => {},
  adjust: ({ config, credentials }) =>
    withRedis(urlOf(credentials), async (client) => {
      for (const [name, value] of Object.entries(redisSettings(config))) await client.configSet(name, value)
    }),
  probe: (url) =>
    withRedis(url, async (client) => {
      // Answers with an error when writes are refused: a full disk, say.
      await client.ping()
      return /redis_version:(\S+)/.exec(await client.info('server'))?.[1] ?? 'unknown'
    }),
  urlOf: (_need, credentials) => urlOf(credentials),
}

function urlOf({ password, ...at }: Credentials): string {
  return `redis://:${password}@${addressOf(at)}`
}

function renderConfig({ config, credentials }: ServerPlace): string {
  return [
    '# Written by Seaworthy at every start.',
    'bind 127.0.0.1',
    `port ${credentials.port}`,
    'protected-mode yes',
    `requirepass ${credentials.password}`,
    'daemonize no',
    'logfile ""',
    'save ""',
    'appendfsync everysec',
    ...Object.entries(redisSettings(config)).map(([name, value]) => `${name} ${value}`),
    '',
  ].join('\n')
}

/** Connects, works and leaves, all of it within its time, also when the server has stopped answering in between. */
async function withRedis<T>(url: string, work: (client: RedisClient) => Promise<T>): Promise<T> {
  let made: RedisClient | undefined
  let late: NodeJS.Timeout | undefined
  const expired = new Promise<never>((_resolve, reject) => {
    late = setTimeout(() => reject(new Error(`no answer within ${ASK_MS} ms`)), ASK_MS)
  })
  try {
    const worked = connectRedis(url, ASK_MS, (client) => (made = client)).then(work)
    return await Promise.race([worked, expired])
  } finally {
    clearTimeout(late)
    if (made?.isOpen === true) made.destroy()
  }
}
