import { Problem } from '../../core/problem.ts'
import type { LimitRule } from '../../guard/policy.ts'
import { parseAddress, parseNetwork, type Network } from '../../guard/reputation/address.ts'
import type { TriedRequest } from './check.ts'
import { EVENT_KINDS } from '../../guard/event.ts'
import { THREAT_CLASSES } from '../../guard/threats.ts'
import { EVENTS_MAX, type EventFilter } from './events/query.ts'

const TEXT_MAX = 200
const TRIED_HEAD_MAX = 64 * 1024
/** A body that is tried: judging it takes control a few milliseconds. */
export const TRIED_BODY_MAX = 1024 * 1024
/** A block for longer than this is one without an end. */
export const BLOCK_FOR_MAX_MS = 10 * 365 * 24 * 60 * 60_000

/** A text of a caller: not empty, short, and without control characters, which would break out of a line. */
export function mustBeText(value: unknown, name: string): string {
  if (typeof value === 'string' && value.trim() !== '' && value.length <= TEXT_MAX && !CONTROL.test(value)) return value
  throw wrong(`${name} must be a line of 1 to ${TEXT_MAX} characters`)
}

export function mustBeDuration(value: unknown, name: string): number | null {
  if (value === null) return null
  if (typeof value === 'number' && value >= 1 && value <= BLOCK_FOR_MAX_MS) return value
  throw wrong(`${name} must be null or 1 ms to ten years`)
}

export function mustBeCount(value: unknown, name: string, max: number, otherwise: number): number {
  if (value === undefined) return otherwise
  if (typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= max) return value
  throw wrong(`${name} must be a whole number from 1 to ${max}`)
}

/** @throws Problem `api.not-address` */
export function mustBeNetwork(text: string): Network {
  const network = parseNetwork(text)
  if (network !== null) return network
  throw notAddress(text, 'no address and no network')
}

function notAddress(text: string, because: string): Problem {
  return new Problem('api.not-address', `${JSON.stringify(text.slice(0, 60))} is ${because}`, {
    hint: "Write an address such as '203.0.113.7' or '2001:db8::7'; a network to be blocked as '203.0.113.0/24'.",
  })
}

export function mustBeAddress(value: unknown): string {
  const text = mustBeText(value, 'address')
  if (parseAddress(text) === null) throw notAddress(text, 'no address')
  return text
}

export function mustBePer(value: unknown): LimitRule['per'] {
  const found = (['client', 'key', 'subject', 'all'] as const).find((per) => per === value)
  if (found !== undefined) return found
  throw wrong('per must be client, key, subject or all')
}

/** A request as large as the gateway would take its head, with a body of at most TRIED_BODY_MAX. */
export function mustBeTried(value: unknown): TriedRequest {
  const { method, target, headers, client, body } = (value ?? {}) as Partial<Record<keyof TriedRequest, unknown>>
  const isShort = (text: unknown, max: number): text is string => typeof text === 'string' && text.length <= max
  if (!isShort(method, 32) || !isShort(target, TRIED_HEAD_MAX) || !target.startsWith('/'))
    throw wrong('request must have a method, and a target that begins with /')
  const areHeaders = Array.isArray(headers) && headers.length % 2 === 0 && headers.length <= 400
  if (!areHeaders || !headers.every((one) => isShort(one, TRIED_HEAD_MAX)))
    throw wrong('request.headers must be names and values in turn')
  if (body !== null && !isShort(body, (TRIED_BODY_MAX * 4) / 3 + 4))
    throw wrong(`request.body must be null or base64 of at most ${TRIED_BODY_MAX} bytes`)
  return { method, target, headers, client: mustBeAddress(client), body }
}

export function mustBeFilter(value: unknown): EventFilter {
  if (value === undefined) return {}
  if (typeof value !== 'object' || value === null) throw wrong('filter must be an object')
  for (const [name, held] of Object.entries(value)) {
    const isRight = FILTER[name as keyof EventFilter]
    if (isRight === undefined) throw wrong(`filter.${name} is unknown`)
    if (!isRight(held)) throw wrong(`filter.${name} is ${JSON.stringify(held).slice(0, 60)}`)
  }
  return value
}

export const LIMIT = { max: EVENTS_MAX, otherwise: 100 } as const

const isTime = (value: unknown): boolean => typeof value === 'number' && Number.isFinite(value)
const isText = (value: unknown): boolean => typeof value === 'string' && value.length <= TEXT_MAX

const FILTER: Readonly<Record<keyof EventFilter, (value: unknown) => boolean>> = {
  sinceMs: isTime,
  untilMs: isTime,
  after: (value) => Number.isSafeInteger(value) && (value as number) >= 0,
  kind: (value) => (EVENT_KINDS as readonly unknown[]).includes(value),
  class: (value) => (THREAT_CLASSES as readonly unknown[]).includes(value),
  client: isText,
  route: (value) => isText(value) && (value as string).startsWith('/'),
}

function wrong(message: string): Problem {
  return new Problem('api.wrong-input', message)
}

// oxlint-disable-next-line no-control-regex -- control characters are what it is about
const CONTROL = /[\u0000-\u001f\u007f]/
