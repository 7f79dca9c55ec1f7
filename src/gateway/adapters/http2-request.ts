import type { ServerHttp2Stream } from 'node:http2'
import { isAuthority, isMethod, TARGET_BYTES_MAX } from '../../http1/index.ts'
import { headerOf } from '../exchange.ts'
import type { RequestBody, RequestHead } from '../exchange.ts'

/**
 * A head of HTTP/2 as the stages see it. What makes a request malformed (RFC 9113 §8.1.1: upper case, connection fields, pseudo-header
 * fields that are missing, repeated or late, a body of another length than promised) never comes here: nghttp2 resets its stream.
 */
export function headOf(fields: readonly string[]): RequestHead {
  const pseudo: Record<string, string> = {}
  const headers: string[] = []
  const hosts: string[] = []
  let cookies = ''
  for (let index = 0; index < fields.length; index += 2) {
    const name = fields[index]!
    const value = fields[index + 1]!
    if (name.startsWith(':')) pseudo[name] = value
    else if (name === 'cookie') cookies += cookies === '' ? value : `; ${value}`
    else if (name === 'host') hosts.push(value)
    else headers.push(name, value)
  }
  // One line of cookies for whoever reads HTTP/1.1 (RFC 9113 §8.2.3).
  if (cookies !== '') headers.push('cookie', cookies)
  const { ':method': method = '', ':path': target = '', ':authority': named } = pseudo
  const authority = named ?? hosts[0] ?? ''
  headers.unshift('host', authority)
  const query = target.indexOf('?')
  return {
    method,
    target,
    path: query === -1 ? target : target.slice(0, query),
    host: authority.replace(/:\d*$/, '').toLowerCase(),
    authority,
    headers,
    websocket: false,
    fault: faultOf({ method, target, authority, hosts }),
  }
}

export function bodyOf(stream: ServerHttp2Stream, headers: readonly string[]): RequestBody {
  const length = headerOf(headers, 'content-length')
  let waiting = headerOf(headers, 'expect')?.toLowerCase() === '100-continue'
  return {
    present: !stream.endAfterHeaders,
    length: length === undefined ? null : Number(length),
    stream,
    ready: null,
    complete: () => stream.endAfterHeaders || stream.readableEnded,
    accept() {
      if (waiting && !stream.headersSent && !stream.destroyed) stream.additionalHeaders({ ':status': 100 })
      waiting = false
    },
  }
}

interface Target {
  readonly method: string
  readonly target: string
  readonly authority: string
  readonly hosts: readonly string[]
}

/** Stricter than nghttp2: what goes on in HTTP/1.1 must be what its reader would take, or HTTP/2 were a way around it. */
function faultOf({ method, target, authority, hosts }: Target): RequestHead['fault'] {
  if (method === 'CONNECT') return { status: 501, reason: 'This gateway opens no tunnels.' }
  if (!isMethod(method)) return { status: 501, reason: 'This method is not implemented.' }
  if (target.length > TARGET_BYTES_MAX) return { status: 414, reason: 'The request target is too long.' }
  if (hosts.length > 1 || hosts.some((host) => host.toLowerCase() !== authority.toLowerCase())) {
    return { status: 400, reason: 'Host and :authority name different places.' }
  }
  if (authority === '' || authority.startsWith(':') || !isAuthority(authority))
    return { status: 400, reason: 'The :authority of the request is not valid.' }
  const isForm = target.startsWith('/') || (target === '*' && method === 'OPTIONS')
  if (isForm && PRINTABLE.test(target)) return null
  return { status: 400, reason: 'The request target is not valid.' }
}

/** As in HTTP/1.1: what is visible in ASCII, but `#`. */
const PRINTABLE = /^[\u0021-\u0022\u0024-\u007e]+$/
