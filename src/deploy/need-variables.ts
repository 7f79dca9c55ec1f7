import type { ResolvedApp, ResolvedNeed, ResolvedService } from '../config/resolved.ts'

/** The name under which programs of every language look for the only database, or the only Redis, they use. */
const CONVENTIONAL: Partial<Record<ResolvedNeed['kind'], string>> = {
  postgres: 'DATABASE_URL',
  sqlite: 'DATABASE_URL',
  redis: 'REDIS_URL',
}

/** 'main-db' → 'MAIN_DB'. */
export function variableName(need: string): string {
  return need.toUpperCase().replaceAll(/[^A-Z0-9]/g, '_')
}

/** The variables in which a service finds the URL of one of its needs; the need's own name comes last. */
export function urlVariables(
  need: string,
  { uses }: Pick<ResolvedService, 'uses'>,
  needs: ResolvedApp['needs'],
): readonly string[] {
  const { kind, url: secret } = needs[need]!
  const used = Object.keys(uses)
  const usual = CONVENTIONAL[kind]
  // Only where it cannot mean another need: that one's own name would be the same, or there are two of the kind.
  const isOnly = usual !== undefined && used.filter((other) => CONVENTIONAL[needs[other]!.kind] === usual).length === 1
  const isFree = !used.some((other) => other !== need && `${variableName(other)}_URL` === usual)
  return [...(isOnly && isFree ? [usual] : []), ...(secret === null ? [] : [secret]), `${variableName(need)}_URL`]
}

/**
 * Names of all that a service is given and nobody is to see: its secrets, and the URLs of its needs, which hold passwords.
 * What its own `env` sets is no such name: it wins.
 */
export function secretNames(
  service: Pick<ResolvedService, 'uses' | 'secrets' | 'env'>,
  needs: ResolvedApp['needs'],
): readonly string[] {
  const urls = Object.keys(service.uses).flatMap((need) => urlVariables(need, service, needs))
  return [...new Set([...service.secrets, ...urls.filter((name) => !Object.hasOwn(service.env, name))])]
}

/** Of values that were found under such names, those that the service is given as files: of what its `env` sets, none. */
export function secretValues(
  service: Pick<ResolvedService, 'uses' | 'secrets' | 'env'>,
  needs: ResolvedApp['needs'],
  values: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const names = secretNames(service, needs)
  return Object.fromEntries(Object.entries(values).filter(([name]) => names.includes(name)))
}
