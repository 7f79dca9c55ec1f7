import { Problem, messageOf } from '../../core/problem.ts'
import type { GuardPolicy, ThreatException } from '../policy.ts'
import { LOCATIONS, THREAT_CLASSES } from '../threats.ts'
import type { Location } from '../threats.ts'

/** A place in requests, as `at` of an exception names it. */
export interface ExceptionPlace {
  /** Null: any method. */
  readonly method: string | null
  /** Prefix on segment borders; null: any path. */
  readonly path: string | null
  /** Null: anywhere in the request. */
  readonly location: Location | null
  /** Name of the field, `*` for one part of it; null: any name. */
  readonly name: readonly string[] | null
}

export interface PreparedException extends ExceptionPlace {
  readonly class: string
}

const METHOD = /^[A-Z]+$/

/**
 * Reads `POST /api/notes json:body.text`, `/search query:q`, `header:x-code`: a method, a path, a place, each at most once, in
 * this order, at least one of path and place.
 *
 * @throws Problem `guard.bad-exception`
 */
export function parseExceptionPlace(at: string): ExceptionPlace {
  const parts = at
    .trim()
    .split(/\s+/)
    .filter((part) => part !== '')
  const method = parts.length > 1 && METHOD.test(parts[0]!) ? parts.shift()! : null
  const path = parts[0]?.startsWith('/') === true ? parts.shift()! : null
  const place = parts.shift()
  if (parts.length > 0 || (path === null && place === undefined))
    throw badPlace(at, 'it is no `[METHOD] [/path] [place:name]`')
  if (place === undefined) return { method, path, location: null, name: null }
  const colon = place.indexOf(':')
  const location = colon < 0 ? place : place.slice(0, colon)
  const name = colon < 0 ? '' : place.slice(colon + 1)
  if (!isLocation(location)) throw badPlace(at, `\`${location}\` is no place`)
  if (colon >= 0 && name === '') throw badPlace(at, 'the name after `:` is missing')
  const named = location === 'header' ? name.toLowerCase() : name
  return { method, path, location, name: colon < 0 ? null : named.split('.') }
}

/**
 * Makes a policy's exceptions ready for use.
 *
 * @throws Problem `guard.bad-exception`, with all that are wrong
 */
export function prepareExceptions(exceptions: readonly ThreatException[]): PreparedException[] {
  const wrong: string[] = []
  const prepared = exceptions.flatMap((exception, index) => {
    try {
      const known = exception.class === '*' || THREAT_CLASSES.some((name) => name === exception.class)
      if (!known) throw badPlace(exception.at, `\`${exception.class}\` is no class of attack`)
      return [{ class: exception.class, ...parseExceptionPlace(exception.at) }]
    } catch (error) {
      if (!(error instanceof Problem)) throw error
      wrong.push(`exceptions[${index}]: ${error.message}`)
      return []
    }
  })
  if (wrong.length === 0) return prepared
  throw new Problem('guard.bad-exception', `${wrong.length} of the guard's exceptions cannot be used.`, {
    hint: 'Write a class of attack (or `*`) and a place such as `POST /api/notes json:body.text`.',
    details: wrong,
  })
}

/** Why exceptions from outside cannot be used, null when they can. `at` names them. */
export function exceptionsFault(exceptions: readonly unknown[], at: string): string | null {
  try {
    prepareExceptions(exceptions as readonly ThreatException[])
    return null
  } catch (error) {
    return `${at}.exceptions: ${messageOf(error)}`
  }
}

/** Whether a name is the pattern's: equal part by part, `*` for any one part. */
export function nameMatches(pattern: readonly string[], name: string): boolean {
  const parts = name.split('.')
  return parts.length === pattern.length && pattern.every((part, index) => part === '*' || part === parts[index])
}

/** Whether a prefix takes a path, on segment borders. */
export function pathMatches(prefix: string, path: string): boolean {
  const bare = prefix.replace(/\/+$/, '')
  return path.startsWith(bare) && (path.length === bare.length || path[bare.length] === '/')
}

/** What the inspection takes of a policy. */
export type InspectPolicy = Pick<GuardPolicy, 'threats' | 'routes' | 'exceptions'>

function isLocation(text: string): text is Location {
  return LOCATIONS.some((location) => location === text)
}

function badPlace(at: string, why: string): Problem {
  return new Problem('guard.bad-exception', `"${at}": ${why}.`, {
    hint: `Places are ${LOCATIONS.join(', ')}.`,
  })
}
