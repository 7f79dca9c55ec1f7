/** Which service and which options a request gets. Pure: built once per table, asked once per request. */
import { normalPath } from '../core/normal-path.ts'
import { routeMatcher } from '../core/route-match.ts'
import type { Route, RouteOptions } from './table.ts'

export interface Router {
  /** The route of the longest matching prefix; one that names the host goes before one for any host. */
  route(host: string, path: string): Route | null
  options(host: string, method: string, path: string): RouteOptions | null
}

export function createRouter(routes: readonly Route[], options: readonly RouteOptions[]): Router {
  const ofRoutes = routeMatcher(routes)
  const ofOptions = routeMatcher(options)
  return {
    route: (host, path) => ofRoutes.find(host, '', normalPath(path)),
    options: (host, method, path) => (options.length === 0 ? null : ofOptions.find(host, method, normalPath(path))),
  }
}
