import { dropSet, fieldLines } from '../../http1/index.ts'
import { AFFINITY_PREFIX, withoutAffinityCookies } from '../affinity.ts'
import type { Exchange } from '../exchange.ts'
import { endToEnd } from '../headers.ts'
import { CANARY_HEADER, withoutTrialCookie } from '../trial-cookie.ts'
import { IDENTITY_HEADERS, withIdentity } from './identify.ts'

/**
 * The head that goes to the upstream, without its empty line: request line, Host and the client's end-to-end fields as they came,
 * before framing and forwarding fields of our own. `bytes`: of the body, null: unknown.
 * @throws FieldError, RangeError for a head that cannot be written
 */
export function requestHead(exchange: Exchange, bytes: number | null): string {
  const { head, body } = exchange
  const framing = !body.present
    ? EXPECT_BODY.has(head.method)
      ? 'Content-Length: 0\r\n'
      : ''
    : bytes === null
      ? 'Transfer-Encoding: chunked\r\n'
      : `Content-Length: ${bytes}\r\n`
  const { wire } = head
  const isPlain = wire !== undefined && wire !== null && !wire.text.includes(OWN_COOKIES)
  const replaced = isTraceOurs(exchange) ? REPLACED_BY_TRACE : REPLACED
  const start = isPlain ? wire.passedOn(replaced) : null
  if (start !== null) return withIdentity(start, exchange, wire!.recurs) + framing
  const passed = isPlain ? wire.endToEnd(replaced) : passedPairs(exchange)
  return (
    withIdentity(`${head.method} ${head.target} HTTP/1.1\r\nHost: ${head.authority}\r\n${passed}`, exchange, false) +
    framing
  )
}

function isTraceOurs({ trace }: Exchange): boolean {
  return trace.parentSpanId === null
}

/** By pairs: cookies of ours are cut out of what the client sent, or it came in another form than bytes. */
function passedPairs(exchange: Exchange): string {
  const { head } = exchange
  if (!PRINTABLE.test(head.target) || !PRINTABLE.test(head.method))
    throw new RangeError('a request line that cannot be written')
  return fieldLines(
    withoutAffinityCookies(
      withoutTrialCookie(endToEnd(head.headers, isTraceOurs(exchange) ? NAMES_BY_TRACE : REPLACED_NAMES)),
    ),
  )
}

/** Written anew, or for the gateway alone. `Expect` is answered here, when a connection to the upstream stands. */
const REPLACED_NAMES: ReadonlySet<string> = new Set([
  ...IDENTITY_HEADERS,
  'host',
  'content-length',
  'expect',
  CANARY_HEADER,
])
const REPLACED = dropSet(REPLACED_NAMES)
/** Where a trace begins here, `tracestate` belongs to none (W3C Trace Context §3.3). */
const NAMES_BY_TRACE: ReadonlySet<string> = new Set([...REPLACED_NAMES, 'tracestate'])
const REPLACED_BY_TRACE = dropSet(NAMES_BY_TRACE)
/** Every cookie of ours begins so. */
const OWN_COOKIES = AFFINITY_PREFIX.slice(0, AFFINITY_PREFIX.indexOf('-') + 1)
const EXPECT_BODY: ReadonlySet<string> = new Set(['POST', 'PUT', 'PATCH'])
const PRINTABLE = /^[\u0021-\u007e\u0080-\u00ff]+$/
