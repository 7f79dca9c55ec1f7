import type { App, Environment, Service } from './schema/app.ts'

/** The app as one environment sees it. Objects are merged, everything else (lists too) is replaced. */
export function mergeOverrides(app: App, environment: Environment): App {
  const { services = {}, gateway, guard } = environment.overrides ?? {}
  return {
    ...app,
    services: Object.fromEntries(
      Object.entries(app.services).map(([name, service]) => [name, mergeService(service, services[name])]),
    ),
    ...(gateway === undefined ? {} : { gateway: merge(app.gateway ?? {}, gateway) }),
    ...(guard === undefined ? {} : { guard: merge(app.guard ?? {}, guard) }),
  }
}

const RUNS = ['start', 'static', 'image'] as const

/** Whoever overrides how a service runs means it instead of, not beside, the other way. */
function mergeService(service: Service, override: Service | undefined): Service {
  if (override === undefined) return service
  const base = { ...service }
  if (RUNS.some((key) => override[key] !== undefined)) for (const key of RUNS) delete base[key]
  return merge(base, override)
}

function merge<T extends object>(base: T, override: T): T {
  const merged: Record<string, unknown> = Object.fromEntries(Object.entries(base))
  for (const [key, value] of Object.entries(override)) {
    const before = merged[key]
    merged[key] = isObject(before) && isObject(value) ? merge(before, value) : value
  }
  // Both are of the type, and a key holds what one of them held.
  return merged as T
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
