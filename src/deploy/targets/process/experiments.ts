import { createConnection, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { ResolvedHealth } from '../../../config/resolved.ts'
import { isProtocolError } from '../../diagnosis/answer.ts'
import { NO_EXPERIMENTS, type Experiments, type FirstBytes } from '../../diagnosis/evidence.ts'
import type { Look } from '../../target.ts'
import { ask, judgeLook, lookAt, type Endpoint } from '../../probe.ts'

/** An experiment takes no longer than this, however patient the probe is. */
const EXPERIMENT_MS = 2_000
/** More than a banner or a frame's head needs. */
const BYTES_MAX = 256
const REFUSALS = new Set([400, 403, 404, 421])
/** The preface of RFC 9113 §3.4 and an empty SETTINGS frame. */
const HTTP2_PREFACE = Buffer.concat([Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), Buffer.alloc(9)])
HTTP2_PREFACE[HTTP2_PREFACE.length - 6] = 4
const PASSWORD_FIELD = /<input\b[^>]*\btype=["']?password/i

export interface ExperimentOptions {
  readonly endpoint: Endpoint
  readonly health: ResolvedHealth
  /** The last failed probe. */
  readonly look: Look
  /** Names under which users reach the service. */
  readonly hosts: readonly string[]
}

/** Tries by itself what would explain a failed probe: each guess that the probe allows is proven or ruled out. */
export async function experiment(options: ExperimentOptions): Promise<Experiments> {
  const { endpoint, health, look } = options
  const withinMs = Math.min(EXPERIMENT_MS, health.timeoutMs)
  if (look.status === null && look.error?.code !== 'ECONNREFUSED') {
    const bytes = await firstBytes(endpoint, `GET ${look.path} HTTP/1.1\r\nHost: ${endpoint.host}\r\n\r\n`, withinMs)
    if (!isProtocolError(look)) return { ...NO_EXPERIMENTS, bytes }
    const tls = await speaksTls(endpoint, withinMs)
    const h2c = tls ? false : await speaksHttp2(endpoint, withinMs)
    return { ...NO_EXPERIMENTS, bytes, tls, h2c }
  }
  if (look.status === null) return NO_EXPERIMENTS
  if (look.status >= 300 && look.status < 400) return { ...NO_EXPERIMENTS, ...(await tryRedirect(options, withinMs)) }
  const tls = look.status === 400 ? await speaksTls(endpoint, withinMs) : null
  const host = tls !== true && REFUSALS.has(look.status) ? await findHost(options, withinMs) : null
  return { ...NO_EXPERIMENTS, tls, host }
}

/** The first of the Hosts with which the probe passes; null when none does. */
async function findHost(
  { endpoint, health, look, hosts }: ExperimentOptions,
  withinMs: number,
): Promise<string | null> {
  for (const host of new Set([...hosts, 'localhost', `localhost:${endpoint.port}`])) {
    const again = await lookAt(endpoint, look.path, withinMs, { host })
    if (judgeLook(again, health.expect) === null) return host
  }
  return null
}

async function tryRedirect(
  { endpoint, health, look }: ExperimentOptions,
  withinMs: number,
): Promise<Pick<Experiments, 'forwardedHttps' | 'login'>> {
  const again = await lookAt(endpoint, look.path, withinMs, { 'x-forwarded-proto': 'https' })
  if (judgeLook(again, health.expect) === null) return { forwardedHttps: true, login: null }
  const base = `http://${endpoint.host}:${endpoint.port}`
  const target = URL.parse(look.location ?? '', `${base}${look.path}`)
  // Only at the instance itself: the gate asks nobody else.
  if (target === null || target.origin !== base) return { forwardedHttps: false, login: null }
  const page = await ask(endpoint, `${target.pathname}${target.search}`, withinMs).catch(() => null)
  return { forwardedHttps: false, login: page === null ? null : PASSWORD_FIELD.test(page.body) }
}

async function speaksHttp2(endpoint: Endpoint, withinMs: number): Promise<boolean> {
  const { bytes } = await firstBytes(endpoint, HTTP2_PREFACE, withinMs)
  // A server's preface is a SETTINGS frame on stream 0.
  return bytes.length >= 9 && bytes[3] === 4 && bytes.readUInt32BE(5) === 0
}

/** Whether a TLS hello is answered in TLS: by a handshake, or by an alert that refuses ours. */
function speaksTls({ host, port }: Endpoint, withinMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    // Whose certificate it is does not matter: nothing is sent over it.
    const socket = connectTls({ host, port, rejectUnauthorized: false })
    const end = (speaks: boolean): void => {
      clearTimeout(limit)
      resolve(speaks)
      socket.destroy()
    }
    const limit = setTimeout(() => end(false), withinMs)
    socket.once('secureConnect', () => end(true))
    socket.once('error', (error: NodeJS.ErrnoException) => end(/^ERR_SSL_.*ALERT/.test(error.code ?? '')))
    socket.once('close', () => end(false))
  })
}

/** Sends bytes and waits for the first that come back. Never rejects. */
export function firstBytes({ host, port }: Endpoint, sent: string | Buffer, withinMs: number): Promise<FirstBytes> {
  return new Promise((resolve) => {
    const socket: Socket = createConnection({ host, port })
    const chunks: Buffer[] = []
    let isConnected = false
    const end = (how: FirstBytes['end']): void => {
      clearTimeout(limit)
      resolve({ isConnected, bytes: Buffer.concat(chunks).subarray(0, BYTES_MAX), end: how })
      socket.destroy()
    }
    const limit = setTimeout(() => end('open'), withinMs)
    socket.once('connect', () => {
      isConnected = true
      socket.write(sent)
    })
    socket.on('data', (chunk: Buffer) => {
      chunks.push(chunk)
      // A banner or a frame: what matters stands at its beginning.
      if (Buffer.concat(chunks).length >= 9) end('open')
    })
    socket.once('end', () => end('closed'))
    socket.once('error', () => end('reset'))
  })
}
