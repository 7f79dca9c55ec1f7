import { releaseNamed, ROTS_AFTER_MS, type Release } from './release.ts'

export interface Settings {
  readonly host: string
  readonly port: number
  readonly databasePath: string
  readonly release: Release
  /** The id Seaworthy gave this release. */
  readonly releaseId: string
  readonly rotsAfterMs: number
  readonly adminToken: string | undefined
  /** A folder whose page this process serves itself; under Seaworthy the gateway does that. */
  readonly pageFolder: string | undefined
  readonly logRequests: boolean
}

type Environment = Readonly<Record<string, string | undefined>>

/** @throws Error that names the variable and the value it did not understand. */
export function readSettings(environment: Environment): Settings {
  return {
    host: environment['HOST'] || '127.0.0.1',
    port: numberFrom(environment, 'PORT', { fallback: 3000, max: 65_535 }),
    databasePath: environment['MARKET_DATABASE'] || 'data/market.db',
    release: releaseNamed(environment['MARKET_RELEASE'] || 'v1'),
    releaseId: environment['RELEASE'] || 'local',
    rotsAfterMs: numberFrom(environment, 'MARKET_ROTS_AFTER', { fallback: ROTS_AFTER_MS / 1000, max: 86_400 }) * 1000,
    adminToken: environment['ADMIN_TOKEN'] || undefined,
    pageFolder: environment['MARKET_PAGE'] || undefined,
    logRequests: environment['MARKET_LOG'] !== 'quiet',
  }
}

function numberFrom(
  environment: Environment,
  name: string,
  { fallback, max }: { fallback: number; max: number },
): number {
  const text = environment[name]
  if (!text) return fallback
  const value = Number(text)
  if (!Number.isFinite(value) || value < 0 || value > max) {
    throw new Error(`${name}: expected a number from 0 to ${max}, got "${text}"`)
  }
  return value
}
