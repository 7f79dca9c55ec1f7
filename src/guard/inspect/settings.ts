import type { GuardRequest } from '../request.ts'
import type { FieldHint, Location, ThreatClass, ThreatMode } from '../threats.ts'
import { bySpecificity, nameMatches, pathMatches, prepareExceptions } from './exceptions.ts'
import type { InspectPolicy, PreparedException } from './exceptions.ts'

/** What holds for one request. */
export interface Settings {
  readonly mode: ThreatMode
  /** What a field is said to hold. */
  hint(location: Location, name: string): FieldHint | null
  /** Exceptions that hold for the request's method and path. */
  readonly exceptions: readonly PreparedException[]
}

/** Finds them; made once for a policy. @throws Problem `guard.bad-exception` */
export function createSettings(policy: InspectPolicy): (request: GuardRequest, path: string) => Settings {
  const exceptions = prepareExceptions(policy.exceptions)
  const routes = policy.routes.toSorted(bySpecificity)
  const plain: Settings = { mode: policy.threats, hint: noHint, exceptions: [] }
  if (routes.length === 0 && exceptions.length === 0) return () => plain

  return (request, path) => {
    // Where readers may disagree about the path nothing is relaxed: `/notes/..%2flogin` is not /notes.
    if (AMBIGUOUS.test(path)) return strictest(policy, routes, plain)
    const matching = routes.filter(
      (route) =>
        (route.host === null || route.host.toLowerCase() === request.host) &&
        (route.method === null || route.method === request.method) &&
        pathMatches(route.path, path),
    )
    const mode = matching.find((route) => route.threats !== undefined)?.threats ?? policy.threats
    const fields = matching.find((route) => route.fields !== undefined)?.fields
    return {
      mode,
      hint: fields === undefined ? noHint : hintsOf(fields),
      exceptions: exceptions.filter(
        (exception) =>
          (exception.method === null || exception.method === request.method) &&
          (exception.path === null || pathMatches(exception.path, path)),
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

/** Dot segments, doubled slashes, backslashes and encoded forms of them, or of letters. */
const AMBIGUOUS = /\/\.{1,2}(?:\/|$)|\/\/|\\|;|%(?:2e|2f|5c|25|00|[4-7][0-9a-f]|3[0-9])/i

function strictest(policy: InspectPolicy, routes: InspectPolicy['routes'], plain: Settings): Settings {
  const blocks = policy.threats === 'block' || routes.some(({ threats }) => threats === 'block')
  return blocks ? { ...plain, mode: 'block' } : plain
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
