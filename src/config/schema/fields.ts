import { isIP } from 'node:net'
import { z } from 'zod'
import {
  EXPECTED_DURATION,
  EXPECTED_FACTOR,
  EXPECTED_RATE,
  EXPECTED_RATIO,
  EXPECTED_SIZE,
  parseDuration,
  parseFactor,
  parseRate,
  parseRatio,
  parseSize,
  type Parsed,
} from '../../core/quantity.ts'
import { splitWords } from '../../core/words.ts'
import { EXPECTED_METHOD_ROUTE, EXPECTED_ROUTE, parseRequest, parseRoute } from '../route.ts'

// The kinds of value a config is made of. A message completes "expected …" and goes on with the cure.

/** Node's timers hold 2^31 - 1 milliseconds; what is waited for has to stay below. */
const TIMER_MS_MAX = 24 * 86_400_000

/** A span of time that may be zero: '30s' → milliseconds. */
export const duration = () => parsed(parseDuration, EXPECTED_DURATION)

/** A span of time above zero: what is measured over nothing is nothing. */
export const span = () => parsed(bounded(parseDuration, 1, Number.MAX_SAFE_INTEGER, 'above 0'), EXPECTED_DURATION)

/** A time that something is waited for: above zero and at most 24 days. */
export const timer = () => parsed(bounded(parseDuration, 1, TIMER_MS_MAX, 'above 0 and at most 24d'), EXPECTED_DURATION)

/** A time that may be zero (no wait at all) and at most 24 days. */
export const pause = () => parsed(bounded(parseDuration, 0, TIMER_MS_MAX, 'of at most 24d'), EXPECTED_DURATION)

export const ratio = () => parsed(parseRatio, EXPECTED_RATIO)
export const size = () => parsed(bounded(parseSize, 1, Number.MAX_SAFE_INTEGER, 'above 0'), EXPECTED_SIZE)
export const rate = () => parsed(parseRate, EXPECTED_RATE)
export const factor = () => parsed(parseFactor, EXPECTED_FACTOR)

/** Where requests go, without a method: '/api', 'api.example.com/'. */
export const route = () => parsed((text) => parseRoute(text, { method: false }), EXPECTED_ROUTE)

/** A route that may name a method: 'POST /api/login'. */
export const methodRoute = () => parsed((text) => parseRoute(text, { method: true }), EXPECTED_METHOD_ROUTE)

/** One request, GET where no method is named. */
export const request = () => parsed(parseRequest, EXPECTED_METHOD_ROUTE)

/** A command → its words. */
export const command = () => parsed(parseCommand, EXPECTED_COMMAND)

/** A TCP port a program can listen on. */
export const port = () => whole(1, 65_535, 3000)

/** A whole number from `min` to `max`. */
export function whole(min: number, max = Number.MAX_SAFE_INTEGER, example = Math.max(min, 1)) {
  const most = max === Number.MAX_SAFE_INTEGER ? `of at least ${min}` : `from ${min} to ${max}`
  const error = `a whole number ${most}; write it without quotes, such as ${example}`
  return z.number({ error }).int({ error }).min(min, { error }).max(max, { error })
}

/** Text that says something. */
export const text = () => matching(/\S/, 'text; write at least one character')

/** An RFC 1123 label: it becomes part of host names, container names and folder names. */
export const LABEL_LENGTH_MAX = 40
export const label = () =>
  matching(
    new RegExp(`^(?=.{1,${LABEL_LENGTH_MAX}}$)[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$`),
    `a name of at most ${LABEL_LENGTH_MAX} characters; use a-z, 0-9 and '-', with a letter or digit at both ends, such as 'web-api'`,
  )

/** The name of a secret, never its value: looked up in the environment, then in the environment's secrets file. */
export const secretName = () =>
  matching(
    /^[A-Za-z_][A-Za-z0-9_]{0,99}$/,
    "the name of a secret, not its value; use letters, digits and '_', such as 'JWT_KEY'",
  )

export const environmentVariable = () =>
  matching(
    /^[A-Za-z_][A-Za-z0-9_]*$/,
    "the name of an environment variable; use letters, digits and '_', such as 'LOG_LEVEL'",
  )

/** A path below the project's folder. */
export const folder = () => z.string({ error: EXPECTED_FOLDER }).refine(isInside, { error: EXPECTED_FOLDER })

export const cidr = () => z.string({ error: EXPECTED_CIDR }).refine(isCidr, { error: EXPECTED_CIDR })

export const addressOrCidr = () =>
  z
    .string({ error: EXPECTED_ADDRESS })
    .refine((value) => isIP(value) !== 0 || isCidr(value), { error: EXPECTED_ADDRESS })

export const httpUrl = () => {
  const error = "a URL that starts with http:// or https://; write it whole, such as 'http://127.0.0.1:9090'"
  const isUrl = (value: string) => /^https?:\/\/./.test(value) && URL.canParse(value)
  return z
    .string({ error })
    .refine(isUrl, { error, abort: true })
    .refine(...withoutPassword)
}

/** Whatever a config holds is in every release and in plans; nor does `fetch` take a URL with a user. */
export const withoutPassword = [
  (value: string): boolean => {
    const { username = '', password = '' } = URL.parse(value) ?? {}
    return username === '' && password === ''
  },
  { error: 'a URL without a password; take user and password out, and let a proxy in front of it add them' },
] as const

/** Where a list is read from: a server, or a file, whose path may be relative to the config's folder. */
export const feedUrl = () => {
  const error =
    "a list's place; write a URL such as 'https://feeds.example/list.txt', or a file such as 'file:blocked.txt'"
  const isPlace = (value: string) => /^(?:https?:\/\/|file:)./.test(value) && URL.canParse(value)
  return z
    .string({ error })
    .refine(isPlace, { error, abort: true })
    .refine(...withoutPassword)
}

/** A site as a browser names it in the Origin header. */
export const origin = () => {
  const error = "an origin; write scheme and host without a path, such as 'https://app.example.com', or '*'"
  const isOrigin = (value: string) => value === '*' || (URL.canParse(value) && new URL(value).origin === value)
  return z.string({ error }).refine(isOrigin, { error })
}

export const email = () => matching(/^[^\s@]+@[^\s@]+$/, "an e-mail address; write it such as 'team@example.com'")

export const headerName = () => {
  const error = "a header's name; use up to 63 letters, digits and '-', such as 'X-Frame-Options'"
  const ownError = 'a header that the gateway does not write itself; remove it'
  return matching(/^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,63}$/, error).refine(
    (name) => !OF_THE_GATEWAY.has(name.toLowerCase()),
    {
      error: ownError,
    },
  )
}

/** They frame an answer, speak of one connection, or tell where it came from: a second one would be believed by some readers. */
const OF_THE_GATEWAY: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'keep-alive',
  'proxy-connection',
  'ratelimit',
  'ratelimit-policy',
  'seaworthy-release',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'x-correlation-id',
  'x-ratelimit-limit',
  'x-ratelimit-remaining',
  'x-ratelimit-reset',
])

/** RFC 9110 5.5, without the obsolete bytes: a line break here would be a second header. */
export const headerValue = () =>
  matching(/^[\t\x20-\x7e]*$/, "a header's value; use printable ASCII on one line, such as 'no-store'")

export const instant = () => {
  const error = "an instant; write it in ISO 8601 with its zone, such as '2026-01-31T22:00:00Z'"
  const pattern = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d)?(?:Z|[+-]\d\d:\d\d)$/
  return z.string({ error }).refine((value) => pattern.test(value) && !Number.isNaN(Date.parse(value)), { error })
}

export function matching(pattern: RegExp, error: string) {
  return z.string({ error }).regex(pattern, { error })
}

const EXPECTED_COMMAND = "a command; write a program and its arguments, such as 'node src/main.ts'"
const EXPECTED_FOLDER = "a path inside the project; write it relative, with '/' and without '..', such as 'apps/api'"
const EXPECTED_CIDR = "addresses in CIDR form; write address and prefix length, such as '10.0.0.0/8' or 'fd00::/8'"
const EXPECTED_ADDRESS = "an address or a CIDR block; write it such as '203.0.113.9' or '10.0.0.0/8'"

/** A string in the config, `T` once parsed. */
function parsed<T>(parse: (text: string) => Parsed<T>, expected: string) {
  return z.string({ error: expected }).transform((written, context): T => {
    const result = parse(written)
    if (result.ok) return result.value
    context.issues.push({ code: 'custom', message: result.expected, input: written })
    return z.NEVER
  })
}

function bounded(parse: (text: string) => Parsed<number>, min: number, max: number, bounds: string) {
  return (written: string): Parsed<number> => {
    const result = parse(written)
    if (!result.ok || (result.value >= min && result.value <= max)) return result
    return { ok: false, expected: `a value ${bounds}; change the number` }
  }
}

function parseCommand(written: string): Parsed<readonly string[]> {
  const split = splitWords(written)
  if (!split.ok) {
    const cure = split.reason.includes('shell')
      ? `call one yourself: sh -c '…'`
      : 'close it, or put a backslash before it'
    return { ok: false, expected: `a command, but ${split.reason} (character ${split.at + 1}); ${cure}` }
  }
  if (!split.words[0]) return { ok: false, expected: EXPECTED_COMMAND }
  if (/^[A-Za-z_][A-Za-z0-9_]*=/.test(split.words[0])) {
    return { ok: false, expected: `a program as the first word; put ${split.words[0].split('=')[0]} into env` }
  }
  return { ok: true, value: split.words }
}

function isInside(path: string): boolean {
  const plain = path !== '' && !path.startsWith('/') && !/^[A-Za-z]:|[\\\0]/.test(path)
  return plain && !path.split('/').includes('..')
}

function isCidr(value: string): boolean {
  const [address = '', prefix = '', ...rest] = value.split('/')
  const bits = { 0: -1, 4: 32, 6: 128 }[isIP(address)] ?? -1
  return rest.length === 0 && /^(?:0|[1-9]\d{0,2})$/.test(prefix) && Number(prefix) <= bits
}
