import { randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { reasonOf, type Fields, type Log } from '../log.ts'
import { notFound, Refusal } from '../refusal.ts'
import type { Rot } from '../release.ts'
import { ROUTES, type Answer, type Parts } from './api.ts'
import type { Health } from './health.ts'
import { servePage } from './page.ts'

/** Longer than any proxy in front keeps an idle connection, so that it is never this side that hangs up first. */
const KEEP_ALIVE_MS = 120_000
const HEADERS_MS = 10_000
const REQUEST_MS = 30_000

export interface ServerParts extends Parts {
  readonly health: Health
  readonly log: Log
  readonly rot: Rot
  readonly pageFolder: string | undefined
  readonly logRequests: boolean
}

export interface HttpServer {
  readonly server: Server
  /** Requests that have begun and are not answered yet. */
  inFlight(): number
  /** From now on every answer asks the client to leave. */
  stopping(): void
}

export function createHttpServer(parts: ServerParts): HttpServer {
  let inFlight = 0
  let isStopping = false
  const server = createServer(
    { keepAliveTimeout: KEEP_ALIVE_MS, headersTimeout: HEADERS_MS, requestTimeout: REQUEST_MS },
    (request, response) => {
      inFlight += 1
      response.once('close', () => {
        inFlight -= 1
      })
      if (isStopping) response.setHeader('Connection', 'close')
      void respond(parts, request, response, () => isStopping)
    },
  )
  return {
    server,
    inFlight: () => inFlight,
    stopping: () => {
      isStopping = true
    },
  }
}

async function respond(
  parts: ServerParts,
  request: IncomingMessage,
  response: ServerResponse,
  isStopping: () => boolean,
): Promise<void> {
  const { log, logRequests } = parts
  const startedAt = performance.now()
  const correlationId = correlationIdOf(request)
  const path = (request.url ?? '/').split('?', 1)[0]!
  response.setHeader('X-Correlation-Id', correlationId)
  response.setHeader('Market-Version', parts.release.version)
  try {
    if (
      request.method === 'GET' &&
      parts.pageFolder !== undefined &&
      (await servePage(response, parts.pageFolder, path))
    )
      return
    send(response, await answer(parts, request, path), isStopping())
  } catch (error) {
    const refusal = error instanceof Refusal ? error : undefined
    logFailure(log, error, { correlationId, method: request.method, path })
    send(response, envelope(refusal, correlationId), isStopping() || !request.complete)
  } finally {
    if (logRequests && !path.startsWith('/health/')) {
      const durationMs = Math.round(performance.now() - startedAt)
      log.info('request', { correlationId, method: request.method, path, status: response.statusCode, durationMs })
    }
  }
}

async function answer(parts: ServerParts, request: IncomingMessage, path: string): Promise<Answer> {
  const probe = request.method === 'GET' || request.method === 'HEAD' ? parts.health.answer(path) : undefined
  if (probe) return probe
  if (path.startsWith('/api/') && parts.rot())
    throw new Error('this release rots: MARKET_RELEASE=rots makes it fail on purpose')

  const query = new URLSearchParams(request.url?.split('?', 2)[1] ?? '')
  const methods: string[] = []
  for (const route of ROUTES) {
    const match = route.pattern.exec(path)
    if (match && route.method === (request.method === 'HEAD' ? 'GET' : request.method)) {
      return route.handle(parts, { request, query, params: match.slice(1) })
    }
    if (match) methods.push(route.method)
  }
  if (methods.length > 0) throw new Refusal(405, 'method.unknown', `${path} takes ${methods.join(', ')}`)
  throw notFound('there is nothing here')
}

function send(response: ServerResponse, { status, body, headers = {} }: Answer, hangUp: boolean): void {
  const text = JSON.stringify(body)
  // A client that is still sending would have its rest read as the next request.
  if (hangUp) response.setHeader('Connection', 'close')
  response.writeHead(status, {
    'Content-Type': 'application/json; charset=utf-8',
    'Content-Length': Buffer.byteLength(text),
    'Cache-Control': 'no-store',
    ...headers,
  })
  response.end(text)
}

function envelope(refusal: Refusal | undefined, correlationId: string): Answer {
  if (!refusal) {
    return {
      status: 500,
      body: { error: { code: 'internal', message: 'something went wrong on our side', correlationId } },
    }
  }
  return {
    status: refusal.status,
    body: { error: { code: refusal.code, message: refusal.message, correlationId } },
    ...(refusal.status === 503 ? { headers: { 'Retry-After': '1' } } : {}),
  }
}

/** What clients do wrong is theirs; what is missing is a warning, and our own failures keep their stack. */
function logFailure(log: Log, error: unknown, fields: Fields): void {
  const { status, code } = error instanceof Refusal ? error : { status: 500, code: 'internal' }
  if (status === 500) log.error('request failed', { ...fields, code, reason: reasonOf(error), stack: stackOf(error) })
  else if (status > 500) log.warn('request refused', { ...fields, code, reason: reasonOf(error) })
}

/** The one the front door gave, if it has the look of one; anything else could forge log lines. */
function correlationIdOf(request: IncomingMessage): string {
  const given = request.headers['x-correlation-id']
  return typeof given === 'string' && /^[\w.:-]{1,128}$/.test(given) ? given : randomUUID()
}

function stackOf(error: unknown): string | undefined {
  return error instanceof Error ? error.stack : undefined
}
