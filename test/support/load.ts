import { Agent, request as httpRequest } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import { monotonicNs } from '../../src/core/clock.ts'
import { Http2Client } from './load-http2.ts'

export const PROTOCOLS = ['http', 'https', 'h2'] as const
export type Protocol = (typeof PROTOCOLS)[number]

export interface Answer {
  readonly beganNs: number
  readonly endedNs: number
  readonly method: 'GET' | 'POST'
  readonly fresh: boolean
  readonly status: number | null
  readonly release: string | null
  /** What went wrong; null for a good answer. */
  readonly failure: string | null
}

export interface LoadOptions {
  /** @default 127.0.0.1 */
  readonly host?: string
  readonly port: number
  readonly clients: number
  /** What is spoken; over TLS whatever certificate is taken. @default http */
  readonly protocol?: Protocol
  readonly path?: string
  /** @default both */
  readonly methods?: readonly ('GET' | 'POST')[]
  /** Pause of each client between two requests, milliseconds. @default 10 */
  readonly pauseMs?: number
  readonly isGood?: (status: number) => boolean
  readonly onAnswer?: (answer: Answer) => void
  /** False for hours of load: `onAnswer` alone gets the answers. @default true */
  readonly keep?: boolean
}

/** Disposing it ends it too, so that a failing test leaves no load behind. */
export interface Load extends AsyncDisposable {
  readonly answers: readonly Answer[]
  stop(): Promise<readonly Answer[]>
}

const BODY = JSON.stringify({ order: 'x'.repeat(400) })
const TIMEOUT_MS = 30_000
/** Answers kept: a bench of half an hour stays below it. */
const ANSWERS_MAX = 2_000_000

/** Clients in a closed loop; every second one on kept connections, the others on a fresh one each time. */
export function startLoad(options: LoadOptions): Load {
  const {
    host = '127.0.0.1',
    port,
    clients,
    protocol = 'http',
    path = '/',
    methods = ['GET', 'POST'],
    pauseMs = 10,
    isGood = (status) => status < 500,
    onAnswer,
    keep = true,
  } = options
  const answers: Answer[] = []
  const stopped = new AbortController()
  const loops = Array.from({ length: clients }, async (_, index) => {
    const fresh = index % 2 === 1
    const http2 = protocol === 'h2' ? new Http2Client(port, fresh) : null
    const kept = { keepAlive: true, maxSockets: 1 }
    const agent = fresh ? undefined : protocol === 'https' ? new HttpsAgent(kept) : new Agent(kept)
    for (let turn = index; !stopped.signal.aborted; turn++) {
      const method = methods[turn % methods.length]!
      const answer =
        http2 === null
          ? await send({ host, port, path, method, agent, isGood, secure: protocol === 'https' })
          : await sendHttp2(http2, { path, method, fresh, isGood })
      if (keep && answers.length < ANSWERS_MAX) answers.push(answer)
      onAnswer?.(answer)
      await new Promise((resolve) => setTimeout(resolve, pauseMs))
    }
    agent?.destroy()
    http2?.close()
  })
  return {
    answers,
    stop,
    [Symbol.asyncDispose]: async () => void (await stop()),
  }
  async function stop(): Promise<readonly Answer[]> {
    stopped.abort()
    await Promise.all(loops)
    return answers
  }
}

interface Sending {
  readonly host: string
  readonly port: number
  readonly path: string
  readonly method: 'GET' | 'POST'
  readonly agent: Agent | undefined
  readonly isGood: (status: number) => boolean
  readonly secure: boolean
}

function send({ host, port, path, method, agent, isGood, secure }: Sending): Promise<Answer> {
  const beganNs = monotonicNs()
  return new Promise((resolve) => {
    const end = (status: number | null, release: string | null, failure: string | null): void =>
      resolve({ beganNs, endedNs: monotonicNs(), method, fresh: agent === undefined, status, release, failure })
    const headers =
      method === 'POST' ? { 'content-type': 'application/json', 'content-length': Buffer.byteLength(BODY) } : {}
    const request = (secure ? httpsRequest : httpRequest)(
      {
        host,
        port,
        path,
        method,
        agent: agent ?? false,
        headers,
        timeout: TIMEOUT_MS,
        ...(secure ? { rejectUnauthorized: false } : {}),
      },
      (response) => {
        const status = response.statusCode ?? 0
        const release = response.headers['seaworthy-release']
        const seen = typeof release === 'string' ? release : null
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('error', (error) => end(status, seen, `answer cut: ${error.message}`))
        response.on('end', () =>
          end(
            status,
            seen,
            isGood(status) ? null : `status ${status} ${Buffer.concat(chunks).toString('utf8').slice(0, 100)}`,
          ),
        )
      },
    )
    request.on('timeout', () => request.destroy(new Error(`no answer within ${TIMEOUT_MS} ms`)))
    request.on('error', (error: NodeJS.ErrnoException) => end(null, null, `${error.code ?? ''} ${error.message}`))
    request.end(method === 'POST' ? BODY : undefined)
  })
}

async function sendHttp2(
  client: Http2Client,
  { path, method, fresh, isGood }: Pick<Sending, 'path' | 'isGood'> & { method: 'GET' | 'POST'; fresh: boolean },
): Promise<Answer> {
  const beganNs = monotonicNs()
  const seen = await client.ask(method, path, method === 'POST' ? BODY : null, TIMEOUT_MS)
  const { status, release, text, error } = seen
  const bad = status !== null && !isGood(status) ? `status ${status} ${text.slice(0, 100)}` : null
  return { beganNs, endedNs: monotonicNs(), method, fresh, status, release, failure: error ?? bad }
}

export function failuresOf(answers: readonly Answer[]): readonly string[] {
  return answers
    .filter(({ failure }) => failure !== null)
    .map((answer) => `${answer.method} ${answer.fresh ? 'fresh' : 'kept'}: ${answer.failure}`)
}
