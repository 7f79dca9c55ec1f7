import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { ResolvedGuard } from './resolved.ts'
import { routeOf } from './rules/scene.ts'
import { guardSchema } from './schema/guard.ts'
import type { FilledApp } from './schema/app.ts'

type FilledGuard = NonNullable<FilledApp['guard']>

/** A config without a guard has its defaults, but for the bound on connections, which would surprise who never asked. */
export function resolveGuard(guard: FilledGuard | undefined, folder: string): ResolvedGuard {
  const filled = guard ?? guardSchema.parse({})
  return {
    threats: filled.threats,
    routes: Object.entries(filled.routes).map(([key, { threats, fields }]) => ({
      ...routeOf(key),
      ...(threats === undefined ? {} : { threats }),
      ...(fields === undefined ? {} : { fields }),
    })),
    exceptions: filled.exceptions,
    limits: filled.limits.map((limit) => ({
      per: limit.per,
      on: limit.on ?? null,
      count: limit.allow.count,
      perMs: limit.allow.perMs,
      burst: limit.burst ?? limit.allow.count,
      cost: limit.cost,
      whenStoreIsLost: limit.whenStoreIsLost,
    })),
    ...(filled.store === undefined ? {} : { store: filled.store }),
    connectionsPerClient: guard === undefined ? null : filled.connections.perClient,
    identity: resolveIdentity(filled.identity),
    lockout: { after: filled.lockout.after, withinMs: filled.lockout.within, forMs: filled.lockout.for },
    block: filled.block,
    allow: filled.allow,
    feeds: filled.feeds.map(({ url, every }) => ({ url: absoluteFeed(url, folder), everyMs: every })),
    headers: filled.headers,
    cors: filled.cors ?? null,
  }
}

/** A file is named whole: control runs in another folder. */
function absoluteFeed(url: string, folder: string): string {
  return url.startsWith('file:') && !url.startsWith('file:/')
    ? pathToFileURL(join(folder, decodeURI(url.slice('file:'.length)))).href
    : url
}

function resolveIdentity(identity: FilledGuard['identity']): ResolvedGuard['identity'] {
  if (identity === undefined) return null
  const { keys, jwt, protect, admin } = identity
  return {
    keys: keys ?? null,
    jwt: jwt === undefined ? null : { ...jwt, jwks: jwt.jwks ?? null, secret: jwt.secret ?? null },
    protect,
    admin: admin === undefined ? null : { routes: admin.routes, from: admin.from ?? null, role: admin.role ?? null },
  }
}
