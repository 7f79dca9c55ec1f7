import type { ResolvedService } from '../../config/resolved.ts'

/** What every command is given that names nothing of ours. */
const PLAIN = ['PATH', 'HOME', 'NODE_ENV', 'RELEASE']

/**
 * Of a migration's variables those that are files: all that the config does not spell out, since a rehearsal changes addresses
 * that hold passwords.
 */
export function migrationValues(
  { env: declared }: Pick<ResolvedService, 'env'>,
  env: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(env).filter(([name, value]) => declared[name] !== value && !PLAIN.includes(name)),
  )
}
