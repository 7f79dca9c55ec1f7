import type { ResolvedApp, ResolvedGuard, ResolvedService } from '../../config/resolved.ts'
import type { Release } from '../../deploy/release.ts'
import type { GuardPolicy } from '../../guard/policy.ts'
import { workerCountOf } from '../worker-count.ts'

/** What workers are told of the guard: without secrets and their names. A release from before the guard has none. */
export function guardPolicyOf(
  release: Pick<Release, 'config'>,
  secretsFile: string,
  workers = workerCountOf(release) ?? 1,
): GuardPolicy | null {
  const { guard, gateway, services } = release.config as ResolvedApp & { readonly guard?: ResolvedGuard }
  if (guard === undefined) return null
  const { identity, limits, store: _, ...rest } = guard
  // Who trusts a certificate made for this machine must not be bound to HTTPS for all that ever listens on it.
  const isPinned = (gateway.tls ?? null) === null || gateway.tls?.source.kind !== 'self-signed'
  return {
    ...rest,
    headers: isPinned ? rest.headers : { 'Strict-Transport-Security': false, ...rest.headers },
    probes: probesOf(Object.values(services)),
    workers,
    limits: limits.map((limit) => ({ id: limitId(limit), ...limit })),
    identity:
      identity === null
        ? null
        : {
            secretsFile: identity.keys === null && (identity.jwt?.secret ?? null) === null ? null : secretsFile,
            keys: identity.keys !== null,
            jwt:
              identity.jwt === null
                ? null
                : {
                    issuer: identity.jwt.issuer,
                    audience: identity.jwt.audience,
                    jwks: identity.jwt.jwks,
                    shared: identity.jwt.secret !== null,
                  },
            protect: identity.protect,
            admin: identity.admin,
          },
  }
}

/** Whoever asks for these is a platform that judges by the answer. */
function probesOf(services: readonly ResolvedService[]): readonly string[] {
  const paths = services.flatMap(({ health: { live, ready, startup } }) => [
    live,
    startup,
    ready.kind === 'http' ? ready.path : ready.kind === 'default' ? DEFAULT_PROBE : null,
  ])
  return [...new Set(paths.filter((path) => path !== null))]
}
/** Where a service that declares nothing is asked. */
const DEFAULT_PROBE = '/health/readiness'

/** The same limit keeps its counts from release to release; another rate begins anew. */
function limitId({ per, on, count, perMs, burst, cost }: ResolvedGuard['limits'][number]): string {
  const route = on === null ? '*' : `${on.method ?? '*'} ${on.host ?? ''}${on.path}`
  return `${per} ${route} ${count}/${perMs} ${burst} ${cost}`
}
