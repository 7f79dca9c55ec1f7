import type { ResolvedNeed, ResolvedService } from '../../config/resolved.ts'
import { urlVariables, variableName } from '../../deploy/need-variables.ts'
import type { NeedConnection } from './connection.ts'
import { BUSY_TIMEOUT_MS } from './sqlite.ts'

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
  return Object.keys(uses).flatMap((name): NeedConnection[] => {
    const place = placeOf(name)
    if (place === null) return []
    const { kind } = needs[name]!
    const url = 'url' in place ? place.url : `file:${place.file}`
    const own = variableName(name)
    const variables = {
      ...Object.fromEntries(urlVariables(name, { uses }, needs).map((variable) => [variable, url])),
      ...('file' in place ? { [`${own}_FILE`]: place.file, [`${own}_BUSY_TIMEOUT_MS`]: String(BUSY_TIMEOUT_MS) } : {}),
    }
    return [{ need: name, kind, relation: uses[name]!, url, variables }]
  })
}
