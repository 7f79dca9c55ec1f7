import type { Measured } from '../source.ts'
import { ASK_MS, needUp, type NeedSource } from './need.ts'
import { connectRedis, type RedisClient } from './redis-client.ts'

/** A Redis server, by its own INFO. */
export function redisSource(need: string, url: string): NeedSource {
  let kept: RedisClient | null = null
  const drop = (): void => {
    if (kept?.isOpen === true) kept.destroy()
    kept = null
  }
  return {
    name: 'need',
    target: need,
    whenLost: [needUp(need, 'redis', false)],
    close: drop,
    async read(signal) {
      let give: (reason: unknown) => void = () => {}
      const given = new Promise<never>((_resolve, reject) => (give = reject))
      const late = setTimeout(() => give(new Error(`no answer within ${ASK_MS} ms`)), ASK_MS)
      const onAbort = (): void => give(signal.reason)
      signal.addEventListener('abort', onAbort, { once: true })
      try {
        const asked = async (): Promise<string> => {
          kept ??= await connectRedis(url, ASK_MS, (client) => (kept = client))
          return kept.info()
        }
        return [needUp(need, 'redis', true), ...readingsOf(need, await Promise.race([asked(), given]))]
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
