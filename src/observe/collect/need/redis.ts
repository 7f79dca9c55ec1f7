import type { Measured } from '../source.ts'
import { ASK_MS, needUp, NotAllowed, type NeedSource } from './need.ts'
import { connectRedis, type RedisClient } from './redis-client.ts'

/** A Redis server, by its own INFO. */
export function redisSource(need: string, url: string): NeedSource {
  let kept: RedisClient | null = null
  const drop = (): void => {
    close(kept)
    kept = null
  }
  return {
    name: 'need',
    target: need,
    whenLost: (because) => [needUp(need, 'redis', because instanceof NotAllowed)],
    close: drop,
    async read(signal) {
      let give: (reason: unknown) => void = () => {}
      const given = new Promise<never>((_resolve, reject) => (give = reject))
      const late = setTimeout(() => give(new Error(`no answer within ${ASK_MS} ms`)), ASK_MS)
      const onAbort = (): void => give(signal.reason)
      signal.addEventListener('abort', onAbort, { once: true })
      try {
        const known = kept
        const asked = async (): Promise<string> => {
          kept ??= await connectRedis(url, ASK_MS, (client) => (kept = client))
          return infoOf(kept)
        }
        const info = await Promise.race([asked(), given])
        const isUp = known === null || (await takesAnother(url))
        return [needUp(need, 'redis', isUp), ...readingsOf(need, info)]
      } catch (error) {
        drop()
        throw error
      } finally {
        clearTimeout(late)
        signal.removeEventListener('abort', onAbort)
      }
    },
  }
}

/** Roles of applications are often without what Redis calls dangerous, INFO among it; elsewhere it is renamed. */
const REFUSED = /^(?:NOPERM|ERR unknown command)\b/

async function infoOf(client: RedisClient): Promise<string> {
  try {
    return await client.info()
  } catch (error) {
    const reply = error instanceof Error ? error.message : ''
    throw REFUSED.test(reply) ? new NotAllowed(`INFO is not allowed: ${reply}`) : error
  }
}

function readingsOf(need: string, info: string): readonly Measured[] {
  const of = (metric: string, field: string): readonly Measured[] => {
    const value = new RegExp(`^${field}:(\\d+)\\r?$`, 'm').exec(info)?.[1]
    return value === undefined ? [] : [{ metric: `seaworthy_redis_${metric}`, labels: { need }, value: Number(value) }]
  }
  return [
    ...of('memory_bytes', 'used_memory'),
    // 0 is the way it says that there is no limit.
    ...of('memory_limit_bytes', 'maxmemory').filter(({ value }) => value > 0),
    ...of('hits_total', 'keyspace_hits'),
    ...of('misses_total', 'keyspace_misses'),
    ...of('clients', 'connected_clients'),
  ]
}

/** Whether somebody who comes now is served: a server without room for more clients goes on answering whom it has. */
async function takesAnother(url: string): Promise<boolean> {
  let client: RedisClient | null = null
  const asked = async (): Promise<boolean> => {
    await (await connectRedis(url, ASK_MS, (made) => (client = made))).info()
    return true
  }
  const { promise: late, resolve: giveUp } = Promise.withResolvers<boolean>()
  const timer = setTimeout(giveUp, ASK_MS, false)
  try {
    return await Promise.race([asked().catch(() => false), late])
  } finally {
    clearTimeout(timer)
    close(client)
  }
}

function close(client: RedisClient | null): void {
  if (client?.isOpen === true) client.destroy()
}
