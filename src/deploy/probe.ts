import { request as httpRequest } from 'node:http'
import { createConnection } from 'node:net'
import type { ResolvedHealth } from '../config/resolved.ts'
import type { Scrub } from '../core/scrub.ts'
import type { Look } from './target.ts'

/** As much of an answer's body as a check and a message need. */
const BODY_BYTES_MAX = 64 * 1024

const asItIs: Scrub = (text) => text

export interface Answer {
  readonly status: number
  readonly location: string | null
  readonly body: string
}

export interface Endpoint {
  readonly host: string
  readonly port: number
}

export interface Expectation {
  readonly status: number | null
  readonly body: string | null
}

/** What one probe found: null in `because` is a pass. */
export interface ProbeResult {
  /** Why it is not ready, in a sentence; null when it is. */
  readonly because: string | null
  /** What came back; null where nothing is asked by HTTP. */
  readonly look: Look | null
}

/** Asks an instance whether it is ready. `speaksHttp`: it has routes, so the gateway will send it HTTP. */
export async function probeReady(
  endpoint: Endpoint,
  health: ResolvedHealth,
  speaksHttp: boolean,
  scrub: Scrub,
): Promise<ProbeResult> {
  const { ready, expect, timeoutMs } = health
  switch (ready.kind) {
    case 'http': {
      const look = await lookAt(endpoint, ready.path, timeoutMs)
      return resultOf(look, judgeLook(look, expect, scrub), scrub)
    }
    case 'default':
      return probeDefault(endpoint, timeoutMs, speaksHttp, scrub)
    case 'command':
    case 'alive':
      return { because: null, look: null }
  }
}

function resultOf(look: Look, because: string | null, scrub: Scrub): ProbeResult {
  return { because: because && scrub(because), look: { ...look, body: scrub(look.body) } }
}

/** One GET, whatever comes of it. */
export async function lookAt(
  endpoint: Endpoint,
  path: string,
  timeoutMs: number,
  headers: Readonly<Record<string, string>> = {},
): Promise<Look> {
  const nothing = { what: `GET ${path}`, path, status: null, location: null, body: '', error: null }
  return ask(endpoint, path, timeoutMs, 'GET', headers).then(
    (answer) => ({ ...nothing, ...answer }),
    (error: NodeJS.ErrnoException) => ({ ...nothing, error: { code: error.code ?? '', message: error.message } }),
  )
}

/** Why what came back is no pass; null when it is one. */
export function judgeLook(
  { what, status, location, body, error }: Look,
  expect: Expectation,
  scrub: Scrub = asItIs,
): string | null {
  if (status !== null) return judge(what, { status, location, body }, expect, scrub)
  return `${what}: ${error?.message ?? 'no answer'}`
}

/** Why an answer is not what was expected; null when it is. `scrub` goes over the body before it is cut. A redirect is never a pass: it says nothing of this program. */
export function judge(
  what: string,
  { status, location, body }: Answer,
  { status: wanted, body: part }: Expectation,
  scrub: Scrub = asItIs,
): string | null {
  if (status >= 300 && status < 400 && wanted !== status)
    return `${what} redirects (${status}) to ${location ?? 'nowhere'}`
  const isStatus = wanted === null ? status >= 200 && status < 300 : status === wanted
  if (!isStatus)
    return `${what} answered ${status}${wanted === null ? '' : ` instead of ${wanted}`}${excerpt(scrub(body))}`
  if (part !== null && !body.includes(part))
    return `${what} answered ${status} without "${part}" in its body${excerpt(scrub(body))}`
  return null
}

/** The path that a service without a declared check is asked for. */
const DEFAULT_PATH = '/health/readiness'

/**
 * A service that declares no check: its /health/readiness is believed where it has one (2xx, or 5xx for not ready). Where
 * it has none, any HTTP answer will do for one that the gateway sends HTTP; for others a connection that opens.
 */
async function probeDefault(
  endpoint: Endpoint,
  timeoutMs: number,
  speaksHttp: boolean,
  scrub: Scrub,
): Promise<ProbeResult> {
  const look = await lookAt(endpoint, DEFAULT_PATH, timeoutMs)
  if (look.status !== null && look.status < 500) return resultOf(look, null, scrub)
  if (look.status !== null || speaksHttp)
    return resultOf(look, judgeLook(look, { status: null, body: null }, scrub), scrub)
  return { because: await connect(endpoint, timeoutMs), look: null }
}

export function connect({ host, port }: Endpoint, timeoutMs: number): Promise<string | null> {
  return new Promise((resolve) => {
    const socket = createConnection({ host, port })
    socket.setTimeout(timeoutMs, () => socket.destroy(new Error(`no connection within ${timeoutMs} ms`)))
    socket.once('connect', () => {
      socket.destroy()
      resolve(null)
    })
    socket.once('error', (error) => resolve(`connection to ${host}:${port}: ${error.message}`))
  })
}

/** One request, no redirect followed, on a connection of its own. @throws Error with a code: ETIMEDOUT after `timeoutMs` */
export function ask(
  { host, port }: Endpoint,
  path: string,
  timeoutMs: number,
  method = 'GET',
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const late = Object.assign(new Error(`no answer within ${timeoutMs} ms`), { code: 'ETIMEDOUT' })
    const deadline = setTimeout(() => request.destroy(late), timeoutMs)
    const request = httpRequest(
      { host, port, path, method, agent: false, headers: { 'user-agent': 'seaworthy-gate', ...headers } },
      (response) => {
        const chunks: Buffer[] = []
        let bytes = 0
        response.on('data', (chunk: Buffer) => {
          bytes += chunk.length
          if (bytes <= BODY_BYTES_MAX) chunks.push(chunk)
          else finish()
        })
        response.on('end', finish)
        response.on('error', reject)
        function finish(): void {
          clearTimeout(deadline)
          const body = Buffer.concat(chunks).toString('utf8')
          resolve({ status: response.statusCode ?? 0, location: response.headers.location ?? null, body })
          request.destroy()
        }
      },
    )
    request.on('error', (error) => {
      clearTimeout(deadline)
      reject(error)
    })
    request.end()
  })
}

function excerpt(body: string): string {
  const text = body.replaceAll(/\s+/g, ' ').trim()
  return text === '' ? '' : `: ${text.slice(0, 200)}`
}
