import { Problem } from '../core/problem.ts'
import type { ResolvedApp, ResolvedSmoke } from '../config/resolved.ts'
import { liveAfterRefusal } from './plan.ts'
import type { Release } from './release.ts'
import type { Target } from './target.ts'
import { hasInstances } from './wanted.ts'

export interface SmokeOptions {
  readonly target: Pick<Target, 'start' | 'smoke'>
  readonly release: Release
  readonly signal: AbortSignal
  readonly onNote: (text: string) => void
  /** @default none is */
  readonly isStopped?: (service: string) => boolean
}

/** Sends each declared request to every instance of the new release that would take it, before any traffic does. */
export async function passSmoke(options: SmokeOptions): Promise<void> {
  const { target, release, signal, onNote, isStopped = () => false } = options
  const failures: string[] = []
  for (const smoke of release.config.smoke) {
    const service = serviceOf(release.config, smoke)
    if (service === null || !hasInstances(release.config.services[service]!, release.config)) {
      onNote(`${smoke.request.path} is answered by the gateway itself: the witness sees it after the switch`)
      continue
    }
    if (isStopped(service)) {
      onNote(`${smoke.request.path} is not asked: ${service} was stopped on purpose`)
      continue
    }
    for (const instance of await target.start(release, service)) {
      const failure = await target.smoke(instance, release, smoke, signal)
      if (failure !== null) failures.push(`${instance.id}: ${failure}`)
    }
  }
  if (failures.length === 0) return
  throw new Problem(
    'deploy.smoke-failed',
    `${failures.length} smoke ${failures.length === 1 ? 'request' : 'requests'} failed`,
    {
      hint: liveAfterRefusal(release),
      details: failures,
    },
  )
}

/** The service whose route takes the request: the longest prefix on segment borders. */
export function serviceOf({ services }: ResolvedApp, { request }: ResolvedSmoke): string | null {
  const path = request.path.split('?')[0]!
  const matches = Object.entries(services).flatMap(([name, { routes }]) =>
    routes
      .filter((route) => (route.host === null || route.host === request.host) && covers(route.path, path))
      .map((route) => ({ name, length: route.path.length })),
  )
  return matches.toSorted((one, other) => other.length - one.length)[0]?.name ?? null
}

function covers(prefix: string, path: string): boolean {
  return prefix === '/' || path === prefix || path.startsWith(prefix.endsWith('/') ? prefix : `${prefix}/`)
}
