import { join } from 'node:path'
import type { ResolvedService } from '../config/resolved.ts'
import type { Instance, Release } from '../deploy/release.ts'
import { GUARD_SECRETS } from './secrets.ts'
import { guardPolicyOf } from './guard/policy.ts'
import type { Backend, HealthCheck, Pause, RoutingTable } from '../gateway/table.ts'
import { watchesOf } from '../promises/watches.ts'

export interface TableInput {
  readonly release: Release
  /** Instances of these releases; others are ignored. */
  readonly instances: readonly Instance[]
  readonly stoppedServices: readonly string[]
  readonly releasesFolder: string
  readonly secretsFolder: string
  readonly version: number
  readonly token: number
  /** How many workers share what the guard allows. */
  readonly workers: number
  /** A release on trial, and the share of clients that try it. */
  readonly canary: { readonly release: Release; readonly share: number } | null
  readonly pause: Pause | null
  readonly tls: Required<Pick<RoutingTable, 'tls' | 'acme'>>
}

/** The routing table that sends all traffic to one release, but for the share of the one on trial. */
export function makeTable({
  release,
  instances,
  stoppedServices,
  releasesFolder,
  secretsFolder,
  version,
  token,
  workers,
  canary,
  pause,
  tls,
}: TableInput): RoutingTable {
  const { services, gateway } = release.config
  const backendsOf = (one: Release): Readonly<Record<string, Backend>> =>
    Object.fromEntries(
      Object.entries(one.config.services).map(([name, service]) => [
        name,
        stoppedServices.includes(name)
          ? ({ kind: 'none' } as const)
          : backendOf(name, service, one, instances, releasesFolder),
      ]),
    )
  return {
    version,
    token,
    release: release.id,
    services: backendsOf(release),
    routes: Object.entries(services).flatMap(([name, { routes }]) =>
      routes.map((route) => ({ ...route, service: name })),
    ),
    options: gateway.routes,
    timeouts: gateway.timeouts,
    bodyBytesMax: gateway.bodyBytesMax,
    trustedProxies: gateway.trustedProxies,
    accessLog: gateway.accessLog,
    canary: canary && { release: canary.release.id, services: backendsOf(canary.release), share: canary.share },
    pause,
    compress: gateway.compress,
    guard: guardPolicyOf(release, join(secretsFolder, release.id, `${GUARD_SECRETS}.json`), workers),
    watched: watchesOf(release.config),
    sendsSpans: (release.config.telemetry?.otlp ?? null) !== null,
    ...tls,
  }
}

function backendOf(
  name: string,
  service: ResolvedService,
  release: Release,
  instances: readonly Instance[],
  releasesFolder: string,
): Backend {
  // Elsewhere its files are in an image, and an instance serves them.
  if (service.run.kind === 'static' && release.config.target === 'process') {
    return {
      kind: 'files',
      root: join(releasesFolder, release.artifacts[name]!, service.run.folder),
      release: release.id,
    }
  }
  const upstreams = instances
    .filter((instance) => instance.service === name && instance.release === release.id)
    .filter(({ port, state }) => port !== null && state !== 'stopping')
    .map(({ id, host, port }) => ({ id, host, port: port!, release: release.id }))
  return upstreams.length === 0
    ? { kind: 'none' }
    : {
        kind: 'upstreams',
        upstreams,
        health: healthOf(service),
        affinity: service.affinity,
        // There each is known by the address of its release's Service: docs/decisions/0035.
        ...(release.config.target === 'kubernetes' ? { balanced: true } : {}),
      }
}

function healthOf({ health }: ResolvedService): HealthCheck {
  const { ready, expect, intervalMs, timeoutMs, passes, failures } = health
  return { path: ready.kind === 'http' ? ready.path : null, expect, intervalMs, timeoutMs, passes, failures }
}
