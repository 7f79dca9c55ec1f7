import { exceptionsFault } from '../guard/inspect/exceptions.ts'
import { blockListOf } from './client-address.ts'
import type { RoutingTable } from './table.ts'

/**
 * Whether `value`, which came over a socket or from a file, is a routing table. Returns it unchanged, or says where it is wrong.
 * By hand: a worker starts without loading a schema library.
 */
export function checkTable(value: unknown): RoutingTable | string {
  return table(value, 'table') ?? (value as RoutingTable)
}

/** Null when `value` is right, else what is wrong at `at`. */
type Check = (value: unknown, at: string) => string | null

const text: Check = (value, at) => (typeof value === 'string' && value !== '' ? null : `${at} is no text`)
const flag: Check = (value, at) => (typeof value === 'boolean' ? null : `${at} is neither true nor false`)
const count: Check = (value, at) =>
  Number.isSafeInteger(value) && (value as number) >= 0 ? null : `${at} is no whole number`
const positive: Check = (value, at) =>
  typeof value === 'number' && value > 0 && Number.isFinite(value) ? null : `${at} is not above 0`
const port: Check = (value, at) =>
  Number.isInteger(value) && (value as number) > 0 && (value as number) < 65_536 ? null : `${at} is no port`
const path: Check = (value, at) =>
  typeof value === 'string' && value.startsWith('/') ? null : `${at} does not begin with /`

const block: Check = (value, at) => {
  try {
    blockListOf([value as string])
    return null
  } catch {
    return `${at} is no address and no CIDR block`
  }
}

const orNull =
  (check: Check): Check =>
  (value, at) =>
    value === null ? null : check(value, at)

const optional =
  (check: Check): Check =>
  (value, at) =>
    value === undefined ? null : check(value, at)

const list =
  (check: Check): Check =>
  (value, at) =>
    Array.isArray(value)
      ? first(value.entries(), ([index, item]) => check(item, `${at}[${index}]`))
      : `${at} is no list`

const each =
  (check: Check): Check =>
  (value, at) =>
    isObject(value) ? first(Object.entries(value), ([key, item]) => check(item, `${at}.${key}`)) : `${at} is no object`

const shape =
  (fields: Readonly<Record<string, Check>>): Check =>
  (value, at) =>
    isObject(value)
      ? first(Object.entries(fields), ([key, check]) => check(value[key], `${at}.${key}`))
      : `${at} is no object`

const healthCheck = shape({
  path: orNull(path),
  expect: shape({ status: orNull(count), body: orNull(text) }),
  intervalMs: positive,
  timeoutMs: positive,
  passes: positive,
  failures: positive,
})

const affinity: Check = (value, at) =>
  value === 'none' || value === 'cookie' ? null : `${at} is neither none nor cookie`

const kinds: Readonly<Record<string, Check>> = {
  upstreams: shape({
    upstreams: list(shape({ id: text, host: text, port, release: text })),
    health: healthCheck,
    affinity: optional(affinity),
    balanced: optional(flag),
  }),
  files: shape({ root: path, release: text }),
  none: shape({}),
}

const backend: Check = (value, at) => {
  const kind = isObject(value) && typeof value['kind'] === 'string' ? value['kind'] : ''
  return Object.hasOwn(kinds, kind) ? kinds[kind]!(value, at) : `${at}.kind is none of ${Object.keys(kinds).join(', ')}`
}

const share: Check = (value, at) =>
  typeof value === 'number' && value >= 0 && value <= 1 ? null : `${at} is not between 0 and 1`
const pauseKind: Check = (value, at) =>
  value === 'hold' || value === 'maintenance' ? null : `${at} is neither hold nor maintenance`

const canary = shape({ release: text, services: each(backend), share })

const pause = shape({
  kind: pauseKind,
  services: orNull(list(text)),
  queue: count,
  bytesMax: count,
  waitMs: positive,
  page: orNull(text),
})

const tls = shape({ file: path, ticketFile: path, port, redirect: flag })
const acme = shape({ domain: text, token: text, authorization: text, alpn: orNull(shape({ cert: text, key: text })) })

const watched = shape({
  id: text,
  service: text,
  match: orNull(shape({ host: orNull(text), method: orNull(text), path })),
  boundsMs: list(positive),
})

/** Of the guard's policy only what would fail when it is put to use. */
const guard: Check = (value, at) => {
  const exceptions = isObject(value) ? value.exceptions : undefined
  return Array.isArray(exceptions) ? exceptionsFault(exceptions, at) : null
}

const table = shape({
  version: count,
  token: count,
  release: orNull(text),
  services: each(backend),
  routes: list(shape({ host: orNull(text), path, service: text })),
  options: list(
    shape({
      host: orNull(text),
      method: orNull(text),
      path,
      timeoutMs: optional(positive),
      bodyBytesMax: optional(count),
      retry: optional(flag),
      compress: optional(flag),
      headers: optional(each(text)),
    }),
  ),
  timeouts: shape({
    connectMs: positive,
    firstByteMs: positive,
    requestMs: positive,
    idleMs: positive,
    websocketIdleMs: positive,
  }),
  bodyBytesMax: count,
  trustedProxies: list(block),
  accessLog: flag,
  canary: orNull(canary),
  pause: orNull(pause),
  compress: optional(flag),
  guard: optional(orNull(guard)),
  tls: optional(orNull(tls)),
  acme: optional(list(acme)),
  watched: optional(list(watched)),
  sendsSpans: optional(flag),
})

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function first<Item>(items: Iterable<Item>, check: (item: Item) => string | null): string | null {
  for (const item of items) {
    const wrong = check(item)
    if (wrong !== null) return wrong
  }
  return null
}
