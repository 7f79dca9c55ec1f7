import type { ResolvedApp, ResolvedService } from '../../config/resolved.ts'
import { telemetryVariables } from '../telemetry-variables.ts'
import { CHECK_VARIABLE, ownCheck, SECRETS_FOLDER } from './docker/own-files.ts'

/** What an instance listens on in a container unless its program insists on another port: each has its own network. */
export const PORT = 8080

/** As on `process`: a worker without routes and without an HTTP check listens on nothing. */
export function listens({ port, routes, health }: ResolvedService): boolean {
  return port !== null || routes.length > 0 || health.ready.kind === 'http'
}

/** Only what it says that it uses is reached: an API outside, a need that somebody else runs, or who collects its spans. */
export function reachesOut(app: Pick<ResolvedApp, 'needs' | 'services' | 'telemetry'>, service: string): boolean {
  const { needs, services } = app
  const isElsewhere = (need: string): boolean => needs[need]?.kind === 'http' || (needs[need]?.url ?? null) !== null
  const sendsSpans = Object.keys(telemetryVariables(app, service)).length > 0
  return sendsSpans || Object.keys(services[service]!.uses).some(isElsewhere)
}

/**
 * The variables of a container. No secret is among them, only the names of their files.
 * @param own those that differ from one instance to the next; they win over the config's
 * @param secrets names of those that are files. @default the service's own
 */
export function variablesOf(
  service: ResolvedService,
  own: Readonly<Record<string, string>>,
  secrets: readonly string[] = service.secrets,
): Readonly<Record<string, string>> {
  const { env, run } = service
  const what = ownCheck(service)
  return {
    NODE_ENV: 'production',
    PYTHONUNBUFFERED: '1',
    ...env,
    ...own,
    ...Object.fromEntries(secrets.map((name) => [`${name}_FILE`, `${SECRETS_FOLDER}/${name}`])),
    ...(run.kind !== 'image' && what !== null ? { [CHECK_VARIABLE]: JSON.stringify(what) } : {}),
  }
}
