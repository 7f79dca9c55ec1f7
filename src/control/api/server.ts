import { chmodSync, rmSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { messageOf, Problem } from '../../core/problem.ts'
import { explainSystem } from '../../core/system-problem.ts'
import { checkInput } from './check-input.ts'
import type { Contract, Method } from './contract.ts'
import { LIVE_PATH } from './live-events.ts'

/** A call larger than this is refused. The largest real one is a plan: some 100 KB. */
export const CALL_BYTES_MAX = 8 * 1024 * 1024

export type Handlers = {
  readonly [M in Method]: (input: Contract[M]['input']) => Contract[M]['output'] | Promise<Contract[M]['output']>
}

/** Begins an event stream. @throws Problem when it will not */
export type OpenLive = (request: IncomingMessage, response: ServerResponse) => void

/** Serves the contract, and `GET /v1/live` by `openLive`, on a unix socket that only its owner can open. */
export async function serveApi(
  socket: string,
  handlers: Handlers,
  onError: (method: string, error: unknown) => void,
  openLive?: OpenLive,
): Promise<Server> {
  const server = createServer((request, response) => {
    const isLive = request.method === 'GET' && request.url?.split('?')[0] === LIVE_PATH
    if (isLive && openLive) live(request, response, { openLive, onError })
    else void answer(request, response, handlers, onError)
  })
  server.requestTimeout = 0
  rmSync(socket, { force: true })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(socket, resolve)
  })
  chmodSync(socket, 0o600)
  return server
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  handlers: Handlers,
  onError: (method: string, error: unknown) => void,
): Promise<void> {
  const method = (request.url ?? '').replace(/^\/v1\//, '')
  try {
    if (request.method !== 'POST' || !Object.hasOwn(handlers, method)) {
      throw new Problem('api.unknown-method', `${request.method} ${request.url}: no such method`, {
        hint: 'The CLI and control are of different versions: run `seaworthy stop` and `seaworthy up`.',
      })
    }
    const input = await readJson(request)
    checkInput(method, input)
    const handler = handlers[method as Method] as (input: unknown) => unknown
    reply(response, 200, await handler(input))
  } catch (thrown) {
    refuse(response, method, thrown, onError)
  }
}

function live(
  request: IncomingMessage,
  response: ServerResponse,
  { openLive, onError }: { openLive: OpenLive; onError: (method: string, error: unknown) => void },
): void {
  try {
    openLive(request, response)
  } catch (thrown) {
    refuse(response, 'live', thrown, onError)
  }
}

function refuse(
  response: ServerResponse,
  method: string,
  thrown: unknown,
  onError: (method: string, error: unknown) => void,
): void {
  const error = explainSystem(thrown)
  if (error instanceof Problem) return reply(response, error.code.startsWith('api.') ? 400 : 409, error)
  onError(method, error)
  reply(response, 500, new Problem('api.failed', `${method}: ${messageOf(error)}`, { hint: 'See logs/control.log.' }))
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > CALL_BYTES_MAX) throw new Problem('api.too-large', `the call is larger than ${CALL_BYTES_MAX} bytes`)
    chunks.push(chunk)
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8')) as unknown
  } catch (error) {
    throw new Problem('api.not-json', `the call is not JSON: ${messageOf(error)}`)
  }
}

function reply(response: ServerResponse, status: number, body: unknown): void {
  const text = JSON.stringify(body ?? {})
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) })
  response.end(text)
}
