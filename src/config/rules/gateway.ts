import { finding, type Finding } from '../explain-issue.ts'
import { showValue, type Path } from '../path.ts'
import { covers } from '../route.ts'
import { acmeOverHttps } from './tls.ts'
import { areRoutesDamaged, declaredRoutes, routeOf, type AppRule, type Scene } from './scene.ts'

export const gatewayRules: readonly AppRule[] = [optionsHitRoutes, listenOnTwoPorts, acmeOverHttps]

/** Options of a route that leads nowhere do nothing: most likely a slip. */
export function leadsNowhere(scene: Scene, written: string, at: Path): readonly Finding[] {
  const route = routeOf(written)
  const declared = declaredRoutes(scene.app)
  const known = declared.some((each) => {
    const anyHost = { ...route, host: route.host ?? each.host }
    return covers(each, anyHost) || covers(anyHost, each)
  })
  if (known || areRoutesDamaged(scene)) return []
  const routes = declared.map(({ host, path }) => `${host ?? ''}${path}`).join(', ') || 'none yet'
  return [
    finding(
      at,
      showValue(written),
      `a route that some service has (${routes}); correct it, or add it to a service's routes`,
    ),
  ]
}

function optionsHitRoutes(scene: Scene): readonly Finding[] {
  return Object.keys(scene.app.gateway?.routes ?? {}).flatMap((route) =>
    leadsNowhere(scene, route, ['gateway', 'routes', route]),
  )
}

function listenOnTwoPorts({ app }: Scene): readonly Finding[] {
  const { http = 8080, https = 8443 } = app.gateway?.listen ?? {}
  if (http !== https || http === 0) return []
  return [finding(['gateway', 'listen', 'https'], String(https), 'another port than listen.http; change one of them')]
}
