import { normalPath } from '../../core/normal-path.ts'
import { routeMatcher } from '../../core/route-match.ts'
import type { GuardRequest } from '../request.ts'
import type { FieldHint, Location, ThreatClass, ThreatMode } from '../threats.ts'
import { nameMatches, pathMatches, prepareExceptions } from './exceptions.ts'
import type { InspectPolicy, PreparedException } from './exceptions.ts'

/** What holds for one request. */
export interface Settings {
  readonly mode: ThreatMode
  /** What a field is said to hold. */
  hint(location: Location, name: string): FieldHint | null
  /** Exceptions that hold for the request's method and path. */
  readonly exceptions: readonly PreparedException[]
}

/** Finds them for a request and its path without the query; made once for a policy. @throws Problem `guard.bad-exception` */
export function createSettings(policy: InspectPolicy): (request: GuardRequest, path: string) => Settings {
  const exceptions = prepareExceptions(policy.exceptions)
  const { routes } = policy
  const plain: Settings = { mode: policy.threats, hint: noHint, exceptions: [] }
  if (routes.length === 0 && exceptions.length === 0) return () => plain

  const modes = routeMatcher(routes.filter(({ threats }) => threats !== undefined))
  const hints = routeMatcher(
    routes.flatMap(({ fields, ...route }) => (fields === undefined ? [] : [{ ...route, hint: hintsOf(fields) }])),
  )
  const strict: Settings = { ...plain, mode: strictest(policy) }
  return ({ host, method }, path) => {
    // Where readers may disagree about the path nothing is relaxed: `/notes/..%2flogin` is not `/notes`.
    if (AMBIGUOUS.test(path)) return strict
    const normal = normalPath(path)
    return {
      mode: modes.find(host, method, normal)?.threats ?? policy.threats,
      hint: hints.find(host, method, normal)?.hint ?? noHint,
      exceptions: exceptions.filter(
        (exception) =>
          (exception.method === null || exception.method === method) &&
          (exception.path === null || pathMatches(exception.path, normal)),
      ),
    }
  }
}

/** Whether a class is excepted at this place. */
export function isExcepted(
  exceptions: readonly PreparedException[],
  threat: ThreatClass,
  location: Location,
  name: string,
): boolean {
  for (const exception of exceptions) {
    if (exception.class !== '*' && exception.class !== threat) continue
    if (exception.location !== null && exception.location !== location) continue
    if (exception.name === null || nameMatches(exception.name, name)) return true
  }
  return false
}

/** Backslashes, path parameters, and what decoding once or twice turns into separators, dots or letters. */
const AMBIGUOUS = /\\|;|%(?:2e|2f|5c|25|00|[4-7][0-9a-f]|3[0-9])/i

function strictest({ threats, routes }: InspectPolicy): ThreatMode {
  const modes = [threats, ...routes.flatMap((route) => route.threats ?? [])]
  return modes.includes('block') ? 'block' : modes.includes('monitor') ? 'monitor' : 'off'
}

function noHint(): null {
  return null
}

function hintsOf(fields: Readonly<Record<string, FieldHint>>): Settings['hint'] {
  const patterns = Object.entries(fields).map(([path, hint]) => ({ path, parts: path.split('.'), hint }))
  return (location, name) => {
    if (!HINTED.has(location)) return null
    for (const { path, parts, hint } of patterns) {
      if (path === name || (path.includes('*') && nameMatches(parts, name))) return hint
    }
    return null
  }
}

const HINTED: ReadonlySet<Location> = new Set(['query', 'form', 'multipart', 'json', 'xml', 'graphql', 'body'])
