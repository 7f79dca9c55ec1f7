import type { Finding } from '../explain-issue.ts'
import { valueAt, type Path } from '../path.ts'
import { parseRequest, parseRoute, type ParsedRoute } from '../route.ts'
import type { App, Environment } from '../schema/app.ts'

/** What the rules look at: the part of a config that has the right shape. */
export interface Scene {
  readonly app: App
  /** The whole config, as written. */
  readonly raw: unknown
  /** What was taken out of it, because it has not the right shape. */
  readonly damaged: readonly Path[]
}

export type AppRule = (scene: Scene) => readonly Finding[]
export type EnvironmentRule = (scene: Scene, name: string, environment: Environment) => readonly Finding[]

/** Whether something was taken out at or below `path`: a rule that misses something there may be misled. */
export function isDamaged(scene: Scene, path: Path): boolean {
  return scene.damaged.some((gone) => {
    const length = Math.min(gone.length, path.length)
    return gone.slice(0, length).every((key, index) => key === path[index])
  })
}

/** Whether a route may be missing because it, or what holds it, was taken out. */
export function areRoutesDamaged(scene: Scene): boolean {
  return scene.damaged.some((path) => path[0] === 'services' && (path.length <= 2 || path[2] === 'routes'))
}

/** The names written under `key`, those of broken entries too. */
export function namesOf(scene: Scene, ...path: string[]): readonly string[] {
  const found = valueAt(scene.raw, path)
  return typeof found === 'object' && found !== null ? Object.keys(found) : []
}

/** Every route of every service, in the order written. */
export function declaredRoutes(
  app: App,
): readonly (ParsedRoute & { readonly service: string; readonly index: number })[] {
  return Object.entries(app.services).flatMap(([service, { routes = [] }]) =>
    routes.map((route, index) => ({ ...routeOf(route), service, index })),
  )
}

/** A route the schema has accepted. */
export function routeOf(text: string): ParsedRoute {
  const parsed = parseRoute(text, { method: true })
  if (!parsed.ok) throw new Error(`unchecked route ${text}`)
  return parsed.value
}

/** A request the schema has accepted. */
export function requestOf(text: string): ParsedRoute {
  const parsed = parseRequest(text)
  if (!parsed.ok) throw new Error(`unchecked request ${text}`)
  return parsed.value
}
