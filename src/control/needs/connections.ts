import type { ResolvedNeed, ResolvedService } from '../../config/resolved.ts'
import { variableName, type NeedConnection } from './connection.ts'
import { BUSY_TIMEOUT_MS } from './sqlite.ts'

/** The name under which programs of every language look for the only database, or the only Redis, they use. */
const CONVENTIONAL: Partial<Record<ResolvedNeed['kind'], string>> = {
  postgres: 'DATABASE_URL',
  sqlite: 'DATABASE_URL',
  redis: 'REDIS_URL',
}

/** Where a need is: the URL of a server, or the file of a database. */
export type Place = { readonly url: string } | { readonly file: string }

/**
 * How a service reaches what it uses. Needs without a place (an external one whose URL was never given) are left out.
 * A service's own `env` and `secrets` win over these variables: whoever merges them sees to it.
 */
export function makeConnections(
  { uses }: Pick<ResolvedService, 'uses'>,
  needs: Readonly<Record<string, ResolvedNeed>>,
  placeOf: (need: string) => Place | null,
): readonly NeedConnection[] {
  const used = Object.keys(uses)
  const conventional = used.map((need) => CONVENTIONAL[needs[need]!.kind])
  return used.flatMap((name): NeedConnection[] => {
    const place = placeOf(name)
    if (place === null) return []
    const { kind, url: secret } = needs[name]!
    const url = 'url' in place ? place.url : `file:${place.file}`
    const own = variableName(name)
    const usual = CONVENTIONAL[kind]
    // Only where it cannot mean another need: that one's own name would be the same, or there are two of the kind.
    const isOnly = usual !== undefined && conventional.filter((other) => other === usual).length === 1
    const isFree = !used.some((other) => other !== name && `${variableName(other)}_URL` === usual)
    const variables = {
      ...(isOnly && isFree ? { [usual]: url } : {}),
      ...(secret === null ? {} : { [secret]: url }),
      ...('file' in place ? { [`${own}_FILE`]: place.file, [`${own}_BUSY_TIMEOUT_MS`]: String(BUSY_TIMEOUT_MS) } : {}),
      [`${own}_URL`]: url,
    }
    return [{ need: name, kind, relation: uses[name]!, url, variables }]
  })
}
