import type { IncomingMessage, ServerResponse } from 'node:http'
import type { RequestBody, RequestHead } from '../exchange.ts'

/** What node:http read, as the stages see it. */
export function headOf(
  request: IncomingMessage,
  { websocket, fault = null }: { websocket: boolean; fault?: RequestHead['fault'] },
): RequestHead {
  const hosts = valuesOf(request.rawHeaders, 'host')
  const target = originForm(request.url ?? '/')
  const authority = target.authority ?? hosts[0] ?? ''
  const query = target.text.indexOf('?')
  return {
    method: request.method ?? 'GET',
    target: target.text,
    path: query === -1 ? target.text : target.text.slice(0, query),
    host: hostOf(authority),
    authority,
    headers: request.rawHeaders,
    websocket,
    fault: fault ?? faultOf(request, hosts, target),
  }
}

export function bodyOf(request: IncomingMessage, response: ServerResponse, waits: boolean): RequestBody {
  const length = request.headers['content-length']
  let waiting = waits
  return {
    present: request.headers['transfer-encoding'] !== undefined || (length !== undefined && length !== '0'),
    length: length === undefined ? null : Number(length),
    stream: request,
    ready: null,
    complete: () => request.complete,
    accept() {
      if (waiting && !response.headersSent) response.writeContinue()
      waiting = false
    },
  }
}

interface Target {
  readonly text: string
  /** Of the absolute form only. */
  readonly authority: string | null
}

/** RFC 9112 §3.2: exactly one Host in HTTP/1.1, and of a form that can be compared. */
function faultOf(
  request: IncomingMessage,
  hosts: readonly string[],
  { text, authority }: Target,
): RequestHead['fault'] {
  if (hosts.length > 1 || (hosts.length === 0 && request.httpVersion !== '1.0')) {
    return { status: 400, reason: 'A request must have exactly one Host header.' }
  }
  if (hosts[0] !== undefined && !AUTHORITY.test(hosts[0]))
    return { status: 400, reason: 'The Host header is not valid.' }
  // The asterisk is for OPTIONS alone (RFC 9112 §3.2.4); an http target has a host and nobody's name and password (RFC 9110 §4.2).
  const isForm = text.startsWith('/') || (text === '*' && request.method === 'OPTIONS')
  const isPlace = authority === null || (authority !== '' && AUTHORITY.test(authority))
  if (isForm && isPlace && PRINTABLE.test(text)) return null
  return { status: 400, reason: 'The request target is not valid.' }
}

/** A proxy must accept the absolute form, whose authority replaces the Host header (RFC 9112 §3.2.2). */
function originForm(url: string): Target {
  const match = ABSOLUTE.exec(url)
  if (match === null) return { text: url, authority: null }
  const rest = match[2]!
  return { text: rest.startsWith('/') ? rest : '/' + rest, authority: match[1]! }
}

function hostOf(authority: string): string {
  return authority.replace(/:\d*$/, '').toLowerCase()
}

function valuesOf(headers: readonly string[], name: string): string[] {
  const values: string[] = []
  for (let index = 0; index < headers.length; index += 2) {
    if (headers[index]!.toLowerCase() === name) values.push(headers[index + 1]!)
  }
  return values
}

const ABSOLUTE = /^https?:\/\/([^/?#]*)(.*)$/i
const AUTHORITY = /^(?:[A-Za-z0-9._~-]*|\[[0-9A-Fa-f:.]+\])(?::\d{0,5})?$/
const PRINTABLE = /^[\u0021-\u007e\u0080-\u00ff]+$/
