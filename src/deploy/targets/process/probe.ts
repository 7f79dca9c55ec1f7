import { spawn } from 'node:child_process'
import { request as httpRequest } from 'node:http'
import { createConnection } from 'node:net'
import type { ResolvedHealth } from '../../../config/resolved.ts'

/** As much of an answer's body as a check and a message need. */
const BODY_BYTES_MAX = 64 * 1024

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

/** Null when the instance is ready; otherwise why not, in a sentence. */
export async function probeReady(endpoint: Endpoint, health: ResolvedHealth): Promise<string | null> {
  const { ready, expect, timeoutMs } = health
  switch (ready.kind) {
    case 'http':
      return ask(endpoint, ready.path, timeoutMs).then(
        (answer) => judge(`GET ${ready.path}`, answer, expect),
        (error: Error) => `GET ${ready.path}: ${error.message}`,
      )
    case 'default':
      return probeDefault(endpoint, timeoutMs)
    case 'command':
    case 'alive':
      return null
  }
}

/** Why an answer is not what was expected; null when it is. A redirect is never a pass: it says nothing of this program. */
export function judge(
  what: string,
  { status, location, body }: Answer,
  { status: wanted, body: part }: Expectation,
): string | null {
  if (status >= 300 && status < 400 && wanted !== status)
    return `${what} redirects (${status}) to ${location ?? 'nowhere'}`
  const isStatus = wanted === null ? status >= 200 && status < 300 : status === wanted
  if (!isStatus) return `${what} answered ${status}${wanted === null ? '' : ` instead of ${wanted}`}${excerpt(body)}`
  if (part !== null && !body.includes(part))
    return `${what} answered ${status} without "${part}" in its body${excerpt(body)}`
  return null
}

/**
 * A service that declares no check: its /health/readiness is believed where it has one (2xx, or 5xx for not ready);
 * where it has none, a connection that opens is all there is to see.
 */
async function probeDefault(endpoint: Endpoint, timeoutMs: number): Promise<string | null> {
  const path = '/health/readiness'
  const answer = await ask(endpoint, path, timeoutMs).catch(() => null)
  if (answer !== null) return answer.status >= 500 ? judge(`GET ${path}`, answer, { status: null, body: null }) : null
  return connect(endpoint, timeoutMs)
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

/** One GET, no redirect followed, on a connection of its own. */
export function ask({ host, port }: Endpoint, path: string, timeoutMs: number, method = 'GET'): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const deadline = setTimeout(() => request.destroy(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs)
    const request = httpRequest(
      { host, port, path, method, agent: false, headers: { 'user-agent': 'seaworthy-gate' } },
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

/** Runs a health command; null when it exits with 0. */
export function runCheck(
  argv: readonly string[],
  options: { cwd: string; env: Readonly<Record<string, string>>; timeoutMs: number },
): Promise<string | null> {
  const { cwd, env, timeoutMs } = options
  return new Promise((resolve) => {
    const child = spawn(argv[0]!, argv.slice(1), {
      cwd,
      env,
      stdio: 'ignore',
      timeout: timeoutMs,
      killSignal: 'SIGKILL',
    })
    child.once('error', (error) => resolve(`${argv.join(' ')}: ${error.message}`))
    child.once('exit', (code, signal) => {
      if (code === 0) resolve(null)
      else resolve(`${argv.join(' ')} ${code === null ? `was ended by ${signal}` : `exited with ${code}`}`)
    })
  })
}

function excerpt(body: string): string {
  const text = body.replaceAll(/\s+/g, ' ').trim()
  return text === '' ? '' : `: ${text.slice(0, 200)}`
}
