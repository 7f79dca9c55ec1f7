import { BlockList } from 'node:net'
import { formatTraceparent, nextSpan, parseTraceparent, randomHex } from '../../core/trace-context.ts'
import { clientAddressOf, isIn } from '../client-address.ts'
import { headerOf, plainAnswer } from '../exchange.ts'
import type { HeaderList } from '../exchange.ts'
import type { Stage } from '../context.ts'
import { WITNESS_FIELD } from '../limits/witness-field.ts'

/** Who asks, under which ids. Also refuses heads that the reader found to be unservable, now that they have an id. */
export const identify: Stage = (exchange, context) => {
  const { head, client } = exchange
  const trusted = context.routing.current?.trustedProxies ?? NOBODY
  exchange.peerTrusted = isIn(trusted, client.peer.address)
  exchange.clientAddress = clientAddressOf(client.peer.address, head.headers, trusted)
  exchange.correlationId = correlationIdOf(head.headers)
  exchange.trace = nextSpan(parseTraceparent(headerOf(head.headers, 'traceparent')))
  return head.fault === null ? null : plainAnswer(head.fault.status, head.fault.reason)
}

/** A client's own id when it can do no harm in logs and headers, else 128 random bits. */
export function correlationIdOf(headers: HeaderList): string {
  for (const name of ['x-correlation-id', 'x-request-id']) {
    const id = headerOf(headers, name)
    if (id !== undefined && HARMLESS_ID.test(id)) return id
  }
  return randomHex(16)
}

/** Headers that tell the upstream who asks. They replace what the client sent of the kind. */
export function identityHeaders(exchange: Parameters<Stage>[0]): string[] {
  const { head, client } = exchange
  const given = (name: string, otherwise: string): string =>
    (exchange.peerTrusted ? headerOf(head.headers, name) : undefined) ?? otherwise
  const hops = exchange.peerTrusted ? allValues(head.headers, 'x-forwarded-for') : []
  const headers = [
    'X-Forwarded-For',
    [...hops, client.peer.address].join(', '),
    'X-Forwarded-Proto',
    given('x-forwarded-proto', client.secure ? 'https' : 'http'),
    'X-Forwarded-Port',
    given('x-forwarded-port', String(client.local.port)),
    'X-Correlation-Id',
    exchange.correlationId,
    'traceparent',
    formatTraceparent(exchange.trace),
  ]
  const host = given('x-forwarded-host', head.authority)
  if (host !== '') headers.push('X-Forwarded-Host', host)
  if (exchange.peerTrusted) {
    for (const name of ['forwarded', 'x-real-ip']) {
      for (const value of allValues(head.headers, name)) headers.push(name, value)
    }
  }
  return headers
}

/** What `identityHeaders` replaces or withholds. */
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

function allValues(headers: HeaderList, name: string): string[] {
  const values: string[] = []
  for (let index = 0; index < headers.length; index += 2) {
    if (headers[index]!.toLowerCase() === name) values.push(headers[index + 1]!)
  }
  return values
}

const HARMLESS_ID = /^[A-Za-z0-9._-]{1,128}$/
const NOBODY = new BlockList()
