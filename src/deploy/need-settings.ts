import type { ResolvedApp, ResolvedNeed } from '../config/resolved.ts'

/** PostgreSQL's superuser, control's own. */
export const POSTGRES_ADMIN = 'seaworthy'
/** Instances of two releases, each with a pool, at once. */
export const POSTGRES_CONNECTIONS_MAX = 200
/** The account of a Kafka that services use; what of it may be done is not told apart. */
export const KAFKA_ACCOUNT = 'app'
/** Of the image that a need runs in a container where its config names no version. Those of Kafka have whole ones alone. */
export const IMAGE_VERSIONS: Readonly<Record<'postgres' | 'redis' | 'kafka', string>> = {
  postgres: '17',
  redis: '7',
  kafka: '4.1.1',
}
/** A Redis cache without a declared size must not take the machine. */
export const CACHE_BYTES = 256 * 1024 * 1024

/**
 * What nobody has seen working is said wherever it is planned or shown; null for what has been.
 * @param target of the environment that runs the need
 */
export function notVerified({ kind, version, url }: ResolvedNeed, target: ResolvedApp['target']): string | null {
  if (kind !== 'kafka' || url !== null || target !== 'docker') return null
  return `not verified: no test has run apache/kafka:${version ?? IMAGE_VERSIONS.kafka}`
}

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
