import { BlockList } from 'node:net'
import { fieldLines, inOnePiece } from '../../http1/index.ts'
import { formatTraceparent, nextSpan, parseTraceparent, randomHex } from '../../core/trace-context.ts'
import { clientAddressOf, isIn } from '../client-address.ts'
import { fieldOf, plainAnswer } from '../exchange.ts'
import type { ClientSide, Exchange, Peer, RequestHead } from '../exchange.ts'
import type { Stage } from '../context.ts'
import { WITNESS_FIELD } from '../limits/witness-field.ts'

/** Who asks, under which ids. Also refuses heads that the reader found to be unservable, now that they have an id. */
export const identify: Stage = (exchange, context) => {
  const { head, client } = exchange
  const trusted = context.routing.current?.trustedProxies ?? NOBODY
  exchange.peerTrusted = isTrusted(client.peer, trusted)
  if (exchange.peerTrusted) exchange.clientAddress = clientAddressOf(client.peer.address, head.headers, trusted)
  exchange.correlationId = correlationIdOf(head)
  exchange.trace = nextSpan(parseTraceparent(fieldOf(head, 'traceparent')))
  return head.fault === null ? null : plainAnswer(head.fault.status, head.fault.reason)
}

/** A list is never changed, and a connection's requests ask the same one over and over. */
function isTrusted(peer: Peer, by: BlockList): boolean {
  if (peer.trust?.by !== by) peer.trust = { by, isTrusted: isIn(by, peer.address) }
  return peer.trust.isTrusted
}

/** A client's own id when it can do no harm in logs and headers, else 128 random bits. */
export function correlationIdOf(head: RequestHead): string {
  for (const name of ['x-correlation-id', 'x-request-id']) {
    const id = fieldOf(head, name)
    if (id !== undefined && HARMLESS_ID.test(id)) return id
  }
  return randomHex(16)
}

/**
 * `start` and behind it fields that tell the upstream who asks, as lines. They replace what the client sent of the kind.
 * @param recurs the same connection began so before: both are put together once
 */
export function withIdentity(start: string, exchange: Exchange, recurs: boolean): string {
  const { head, client, peerTrusted, correlationId, trace } = exchange
  const { peer, secure, local } = client
  // In as few pieces as can be: each costs when they are put together, and again when the whole is written.
  const sent = correlationId + '\r\ntraceparent: ' + formatTraceparent(trace) + '\r\n'
  if (!peerTrusted) {
    const lines = connectionLines(client, head.authority)
    return (recurs ? inOne(peer, start, lines) : start + lines) + sent
  }
  const given = (name: string, otherwise: string): string => fieldOf(head, name) ?? otherwise
  const hops = [...allValues(head, 'x-forwarded-for'), peer.address].join(', ')
  const host = given('x-forwarded-host', head.authority)
  const lines = [
    ['X-Forwarded-For', hops],
    ['X-Forwarded-Proto', given('x-forwarded-proto', secure ? 'https' : 'http')],
    ['X-Forwarded-Port', given('x-forwarded-port', String(local.port))],
    host === '' ? [] : ['X-Forwarded-Host', host],
    ...['forwarded', 'x-real-ip'].flatMap((name) => allValues(head, name).map((value) => [name, value])),
  ]
  return start + fieldLines(lines.flat()) + CORRELATION_ID + sent
}

const CORRELATION_ID = 'X-Correlation-Id: '

/** What is the same for every request of one connection to one host, and how the next line begins: put together once. */
function connectionLines({ peer, secure, local }: ClientSide, authority: string): string {
  const { forwarded } = peer
  if (forwarded !== undefined && forwarded.authority === authority) return forwarded.lines
  const proto = secure ? 'https' : 'http'
  const host = authority === '' ? '' : `X-Forwarded-Host: ${authority}\r\n`
  const rest = `X-Forwarded-For: ${peer.address}\r\nX-Forwarded-Proto: ${proto}\r\nX-Forwarded-Port: ${local.port}\r\n`
  const lines = inOnePiece(host + rest + CORRELATION_ID)
  peer.forwarded = { authority, lines }
  return lines
}

function inOne(peer: Peer, start: string, lines: string): string {
  const { recurring } = peer
  if (recurring !== undefined && recurring.start === start) return recurring.text
  const text = inOnePiece(start + lines)
  peer.recurring = { start, text }
  return text
}

/** What `withIdentity` replaces or withholds. */
export const IDENTITY_HEADERS: ReadonlySet<string> = new Set([
  'x-forwarded-for',
  'x-forwarded-proto',
  'x-forwarded-host',
  'x-forwarded-port',
  'x-correlation-id',
  'x-request-id',
  'x-real-ip',
  'forwarded',
  'traceparent',
  WITNESS_FIELD,
])

function allValues({ headers }: RequestHead, name: string): string[] {
  const values: string[] = []
  for (let index = 0; index < headers.length; index += 2) {
    if (headers[index]!.toLowerCase() === name) values.push(headers[index + 1]!)
  }
  return values
}

const HARMLESS_ID = /^[A-Za-z0-9._-]{1,128}$/
const NOBODY = new BlockList()
