import type { Release } from '../../deploy/release.ts'
import type { NeedConnection } from '../needs/connection.ts'
import { isSqlConnection, isSqlKind, WHOLE_COPY_BYTES_MAX } from './databases/database.ts'
import { openDatabases } from './databases/open.ts'

/** How long a plan waits for a database to tell its size. */
const LOOK_MS = 3_000

/** In words for a plan: on which databases a migration would be rehearsed, and on how much of them. Touches nothing. */
export async function describeOutlook(
  { config }: Release,
  service: string,
  connections: readonly NeedConnection[],
): Promise<string> {
  const databases = openDatabases(connections.filter(isSqlConnection), '')
  const declared = Object.keys(config.services[service]!.uses).filter((need) => isSqlKind(config.needs[need]!.kind))
  if (declared.length === 0) return 'not rehearsed: the service uses no database that is known'
  const unknown = declared.filter((need) => !databases.some((database) => database.need === need))
  const looks = databases.map(async (database) => {
    // One that the environment runs starts with the deploy.
    const size = await withinLimit(database.size()).catch(() => null)
    if (size === null) return `${database.need} (${database.kind}, of a size not known yet)`
    const of = size > WHOLE_COPY_BYTES_MAX ? 'schema and small tables' : 'all data'
    return `${database.need} (${database.kind}, ${of})`
  })
  const unasked = unknown.map((need) => {
    const because = config.needs[need]!.url === null ? 'it is started with the deploy' : 'its URL comes with the deploy'
    return `${need} (not asked yet: ${because})`
  })
  return `rehearsed on a copy of ${[...(await Promise.all(looks)), ...unasked].join(', ')}`
}

async function withinLimit<T>(work: Promise<T>): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(new Error(`no answer within ${LOOK_MS / 1000} s`)), LOOK_MS)
  try {
    return await Promise.race([work, promise])
  } finally {
    clearTimeout(timer)
  }
}
