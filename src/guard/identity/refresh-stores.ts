/** Where refresh tokens are kept. */
import type { RefreshRecord, RefreshStore } from './refresh.ts'

/** Families and tokens kept in memory; beyond, the oldest go and their holders log in again. */
export const TOKENS_MAX = 100_000

/** For one process and for tests: it forgets with its process. */
export function memoryRefreshStore({ now = Date.now, max = TOKENS_MAX } = {}): RefreshStore {
  const tokens = new Map<string, { readonly record: RefreshRecord; used: boolean }>()
  const ended = new Map<string, number>()
  return {
    async put(hash, record) {
      drop(tokens, max, ({ record: { expiresMs } }) => expiresMs <= now())
      tokens.set(hash, { record, used: false })
    },
    async use(hash) {
      const found = tokens.get(hash)
      if (found === undefined || ended.has(found.record.family)) return null
      const usedBefore = found.used
      found.used = true
      return { record: found.record, usedBefore }
    },
    async end(family, untilMs) {
      drop(ended, max, (until) => until <= now())
      ended.set(family, untilMs)
    },
  }
}

/** What is needed of a connected client of `@redis/client`. */
export interface RedisScripts {
  eval(script: string, options: { keys: string[]; arguments: string[] }): Promise<unknown>
}

/** For several processes and hosts. `prefix` keeps several apps apart in one Redis. */
export function redisRefreshStore(client: RedisScripts, { prefix = 'seaworthy:refresh:' } = {}): RefreshStore {
  const familyKey = (family: string): string => `${prefix}ended:${family}`
  return {
    async put(hash, record) {
      await client.eval(PUT, { keys: [prefix + hash], arguments: [JSON.stringify(record), String(record.expiresMs)] })
    },
    async use(hash) {
      const found = (await client.eval(USE, { keys: [prefix + hash], arguments: [] })) as [string, number] | null
      if (found === null) return null
      const record = JSON.parse(found[0]) as RefreshRecord
      // Asked after the token was marked: an end that comes between the two is seen.
      const isEnded = await client.eval(IS_ENDED, { keys: [familyKey(record.family)], arguments: [] })
      return isEnded === 1 ? null : { record, usedBefore: found[1] === 1 }
    },
    async end(family, untilMs) {
      await client.eval(END, { keys: [familyKey(family)], arguments: [String(untilMs)] })
    },
  }
}

const PUT = `redis.call('HSET', KEYS[1], 'record', ARGV[1], 'used', '0')
redis.call('PEXPIREAT', KEYS[1], ARGV[2])
return 1`
const USE = `local record = redis.call('HGET', KEYS[1], 'record')
if not record then return nil end
return { record, redis.call('HINCRBY', KEYS[1], 'used', 1) > 1 and 1 or 0 }`
const IS_ENDED = `return redis.call('EXISTS', KEYS[1])`
const END = `redis.call('SET', KEYS[1], '1', 'PXAT', ARGV[1])
return 1`

function drop<Value>(map: Map<string, Value>, max: number, isOver: (value: Value) => boolean): void {
  if (map.size < max) return
  for (const [key, value] of map) if (isOver(value)) map.delete(key)
  if (map.size >= max) map.delete(map.keys().next().value!)
}
