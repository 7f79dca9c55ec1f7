import type { ArrivalKind } from './arrivals.ts'

/** One request, sent again and again as the same bytes. */
export interface LoadRequest {
  readonly method: string
  /** With its query. */
  readonly path: string
  readonly headers: readonly (readonly [name: string, value: string])[]
  /** Base64; null: no body. */
  readonly body: string | null
}

/** What is sent, how often, and what an answer has to be. Plain JSON: it crosses into the generator's own process. */
export interface LoadOptions {
  /** Where the connection goes. */
  readonly host: string
  readonly port: number
  /** What the Host header says. */
  readonly authority: string
  readonly request: LoadRequest
  readonly perSecond: number
  readonly forMs: number
  readonly arrivals: ArrivalKind
  readonly seed: number
  /** Connections, and so requests, that may be open at once. */
  readonly connectionsMax: number
  /** Counted from the intended instant of a request. */
  readonly timeoutMs: number
  /** The status that counts as good; null: any 2xx. */
  readonly expect: number | null
  /** Own lag (p99) above which nothing that was measured is believed, milliseconds. */
  readonly lagMsMax: number
}

export const CONNECTIONS_MAX = 2_000
export const TIMEOUT_MS = 10_000
export const LAG_MS_MAX = 25

/** The bytes of a request. Framing and Host are written here, so a header of the caller cannot contradict them. */
export function bytesOf({ authority, request }: Pick<LoadOptions, 'authority' | 'request'>): Buffer {
  const body = Buffer.from(request.body ?? '', 'base64')
  const own = new Map([
    ['host', authority],
    ['user-agent', 'seaworthy-load'],
    ['accept', '*/*'],
    ...request.headers.map(([name, value]) => [name.toLowerCase(), value] as const),
  ])
  for (const name of ['connection', 'transfer-encoding', 'content-length']) own.delete(name)
  if (request.body !== null) own.set('content-length', String(body.length))
  const lines = [...own].map(([name, value]) => `${name}: ${value}\r\n`).join('')
  return Buffer.concat([Buffer.from(`${request.method} ${request.path} HTTP/1.1\r\n${lines}\r\n`, 'latin1'), body])
}
