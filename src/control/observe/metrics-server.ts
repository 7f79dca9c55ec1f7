import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { CONTENT_TYPES, formatFor, type MetricsFormat } from '../../core/openmetrics/write.ts'
import type { State } from '../state.ts'

/** Where it is looked for first; another environment on the same machine gets another. */
export const METRICS_PORT = 9_464
const HOST = '127.0.0.1'
const PATH = '/metrics'
/** Scrapers are few; more connections than this are closed at once. */
const CONNECTIONS_MAX = 32
const REQUEST_MS = 5_000

export interface MetricsServerOptions {
  readonly state: Pick<State, 'get' | 'set'>
  readonly text: (format: MetricsFormat) => string
  /** @default METRICS_PORT */
  readonly port?: number
}

/**
 * Shows the metrics at `http://127.0.0.1:PORT/metrics`, to programs of this machine alone. The port is remembered, so that
 * whoever scrapes it finds it again; when another program has taken it meanwhile, it is another from then on.
 */
export async function serveMetrics({ state, text, port = METRICS_PORT }: MetricsServerOptions): Promise<Server> {
  const server = createServer((request, response) => answer(request, response, text))
  server.maxConnections = CONNECTIONS_MAX
  server.requestTimeout = REQUEST_MS
  server.headersTimeout = REQUEST_MS
  for (const candidate of [state.get('metricsPort') ?? port, 0]) if (await listens(server, candidate)) break
  const taken = (server.address() as AddressInfo).port
  if (taken !== state.get('metricsPort')) state.set('metricsPort', taken)
  return server
}

function answer(
  { method, url, headers }: IncomingMessage,
  response: ServerResponse,
  text: MetricsServerOptions['text'],
): void {
  if (url?.split('?')[0] !== PATH) return void response.writeHead(404, PLAIN).end(`The metrics are at ${PATH}.\n`)
  if (method !== 'GET' && method !== 'HEAD') return void response.writeHead(405, { ...PLAIN, allow: 'GET, HEAD' }).end()
  const format = formatFor(headers.accept)
  response.writeHead(200, { 'content-type': CONTENT_TYPES[format], 'cache-control': 'no-store' }).end(text(format))
}

const PLAIN = { 'content-type': 'text/plain; charset=utf-8' }

function listens(server: Server, port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const onError = (error: NodeJS.ErrnoException): void => {
      if (port === 0) reject(error)
      else resolve(false)
    }
    server.once('error', onError)
    server.listen({ host: HOST, port }, () => {
      server.off('error', onError)
      resolve(true)
    })
  })
}
