import { finding, type Finding } from '../explain-issue.ts'
import { showValue } from '../path.ts'
import { leadsNowhere } from './gateway.ts'
import { isDamaged, type AppRule, type Scene } from './scene.ts'

export const guardRules: readonly AppRule[] = [
  guardHitsRoutes,
  protectionKnowsSomebody,
  oneKeyForTokens,
  credentialsNeedOrigins,
  storeIsUsedRedis,
]

function guardHitsRoutes(scene: Scene): readonly Finding[] {
  const { routes = {}, limits = [], identity } = scene.app.guard ?? {}
  return [
    ...Object.keys(routes).flatMap((route) => leadsNowhere(scene, route, ['guard', 'routes', route])),
    ...limits.flatMap(({ on }, index) =>
      on === undefined ? [] : leadsNowhere(scene, on, ['guard', 'limits', index, 'on']),
    ),
    ...(identity?.protect ?? []).flatMap((route, index) =>
      leadsNowhere(scene, route, ['guard', 'identity', 'protect', index]),
    ),
    ...(identity?.admin?.routes ?? []).flatMap((route, index) =>
      leadsNowhere(scene, route, ['guard', 'identity', 'admin', 'routes', index]),
    ),
  ]
}

function protectionKnowsSomebody(scene: Scene): readonly Finding[] {
  const { keys, jwt, protect = [] } = scene.app.guard?.identity ?? {}
  if (protect.length === 0 || keys !== undefined || jwt !== undefined || isDamaged(scene, ['guard', 'identity']))
    return []
  return [
    finding(
      ['guard', 'identity', 'protect'],
      'routes that nobody could enter',
      `a way to tell who asks; add keys: 'API_KEYS' or jwt: { issuer, audience }`,
    ),
  ]
}

function oneKeyForTokens({ app }: Scene): readonly Finding[] {
  const { jwks, secret } = app.guard?.identity?.jwt ?? {}
  if (jwks === undefined || secret === undefined) return []
  return [
    finding(
      ['guard', 'identity', 'jwt'],
      'jwks and secret',
      'one of them; a token signed either way would be believed, so remove one',
    ),
  ]
}

function credentialsNeedOrigins({ app }: Scene): readonly Finding[] {
  const { origins = [], credentials = false } = app.guard?.cors ?? {}
  if (!credentials || !origins.includes('*')) return []
  return [finding(['guard', 'cors', 'origins'], `'*'`, 'named origins where credentials is true; list them')]
}

/** A need that no service uses is not run: nobody would answer. */
function storeIsUsedRedis(scene: Scene): readonly Finding[] {
  const { guard, needs = {}, services } = scene.app
  const store = guard?.store
  if (store === undefined || isDamaged(scene, ['needs']) || isDamaged(scene, ['services'])) return []
  const used = Object.values(services).flatMap(({ uses = {} }) => Object.keys(uses))
  const fit = Object.keys(needs).filter((name) => needs[name]!.kind === 'redis' && used.includes(name))
  if (fit.includes(store)) return []
  const cure = fit.length === 0 ? 'declare one with redis() and let a service use it' : `write ${fit.join(' or ')}`
  return [finding(['guard', 'store'], showValue(store), `a need of kind redis that a service uses; ${cure}`)]
}
