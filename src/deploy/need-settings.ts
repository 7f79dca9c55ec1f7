import type { ResolvedNeed } from '../config/resolved.ts'

/** PostgreSQL's superuser, control's own. */
export const POSTGRES_ADMIN = 'seaworthy'
/** Instances of two releases, each with a pool, at once. */
export const POSTGRES_CONNECTIONS_MAX = 200
/** Of the image that a need runs in a container where its config names no version. */
export const IMAGE_VERSIONS: Readonly<Record<'postgres' | 'redis', string>> = { postgres: '17', redis: '7' }
/** A Redis cache without a declared size must not take the machine. */
export const CACHE_BYTES = 256 * 1024 * 1024

/** Of a Redis, under the names of its own configuration: a cache forgets what is used least and keeps nothing on the disk; a store refuses what does not fit and keeps all. */
export function redisSettings({
  role,
  bytesMax,
}: Pick<ResolvedNeed, 'role' | 'bytesMax'>): Readonly<Record<string, string>> {
  const isCache = role === 'cache'
  return {
    maxmemory: String(bytesMax ?? (isCache ? CACHE_BYTES : 0)),
    'maxmemory-policy': isCache ? 'allkeys-lru' : 'noeviction',
    appendonly: isCache ? 'no' : 'yes',
  }
}
