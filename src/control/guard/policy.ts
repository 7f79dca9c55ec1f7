import type { ResolvedGuard } from '../../config/resolved.ts'
import type { GuardPolicy } from '../../guard/policy.ts'

/** What workers are told of the guard: without secrets and their names. A release from before the guard has none. */
export function guardPolicyOf(guard: ResolvedGuard | undefined, secretsFile: string): GuardPolicy | null {
  if (guard === undefined) return null
  const { identity, limits, ...rest } = guard
  return {
    ...rest,
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

/** The same limit keeps its counts from release to release; another rate begins anew. */
function limitId({ per, on, count, perMs, burst, cost }: ResolvedGuard['limits'][number]): string {
  const route = on === null ? '*' : `${on.method ?? '*'} ${on.host ?? ''}${on.path}`
  return `${per} ${route} ${count}/${perMs} ${burst} ${cost}`
}
