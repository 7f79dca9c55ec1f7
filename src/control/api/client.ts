import { Agent, request as httpRequest } from 'node:http'
import { Problem, type ProblemJson } from '../../core/problem.ts'
import type { Contract, Method } from './contract.ts'
import { placeOf, routeTo, type Reach } from './reach.ts'

/** A call that control has not answered by then is given up. */
export const CALL_TIMEOUT_MS = 15 * 60_000
/** What a job may take beyond its own limit: control ends it then, and answers. */
const JOB_SLACK_MS = 60_000
/** How long a call waits for a control that is being restarted. */
export const AWAY_MS = 15_000
const AWAY_RETRY_MS = 100

export interface ControlClient {
  call<M extends Method>(method: M, input: Contract[M]['input']): Promise<Contract[M]['output']>
  close(): void
}

export interface ControlClientOptions {
  /** How long to wait for a control that does not answer. @default AWAY_MS */
  readonly awayMs?: number
  readonly signal?: AbortSignal
}

/**
 * Speaks the contract. Control may be killed and restarted under us: every method can be called again, so a call whose
 * connection broke is repeated until control is back.
 * @param to its unix socket, or another way there
 * @throws Problem `environment.down` when nobody answers within `awayMs`; what the way there says instead
 */
export function connectControl(to: string | Reach, options: ControlClientOptions = {}): ControlClient {
  const { awayMs = AWAY_MS, signal } = options
  const agent = new Agent({ keepAlive: true, maxSockets: 16 })
  let closed = false

  async function call<M extends Method>(method: M, input: Contract[M]['input']): Promise<Contract[M]['output']> {
    let giveUpAt: number | null = null
    for (;;) {
      try {
        return (await send(to, agent, method, input, signal)) as Contract[M]['output']
      } catch (error) {
        if (closed || !isAway(error)) throw error
        // From the first loss on: a busy control may have kept us waiting for longer than that before.
        giveUpAt ??= performance.now() + awayMs
        if (performance.now() >= giveUpAt) {
          throw environmentDown(to, error)
        }
        await new Promise((resolve) => setTimeout(resolve, AWAY_RETRY_MS))
      }
    }
  }
  return {
    call,
    close: () => {
      closed = true
      agent.destroy()
    },
  }
}

/** A job may take as long as its own limit says. */
function timeoutOf(input: unknown): number {
  const { job } = input as Partial<Contract['job.run']['input']>
  return job === undefined ? CALL_TIMEOUT_MS : job.timeoutMs + JOB_SLACK_MS
}

const AWAY = new Set(['ECONNREFUSED', 'ENOENT', 'ECONNRESET', 'EPIPE'])

/** Whether a call has failed because nobody was there, or not any more. */
export function isAway(error: unknown): boolean {
  return error instanceof Error && AWAY.has((error as NodeJS.ErrnoException).code ?? '')
}

function send(
  to: string | Reach,
  agent: Agent,
  method: string,
  input: unknown,
  signal?: AbortSignal,
): Promise<unknown> {
  const text = JSON.stringify(input)
  const timeout = timeoutOf(input)
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      {
        ...routeTo(to, timeout, agent),
        method: 'POST',
        path: `/v1/${method}`,
        timeout,
        headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) },
        ...(signal ? { signal } : {}),
      },
      (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('error', reject)
        response.on('end', () => {
          const body = JSON.parse(Buffer.concat(chunks).toString('utf8')) as unknown
          if (response.statusCode === 200) resolve(body)
          else reject(Problem.fromJSON(body as ProblemJson))
        })
      },
    )
    request.on('timeout', () => request.destroy(new Error(`control did not answer ${method} in time`)))
    request.on('error', reject)
    request.end(text)
  })
}

/** A way there that is lost knows better than we do why. */
export function environmentDown(to: string | Reach, cause?: unknown): Problem {
  if (cause instanceof Error && cause.cause instanceof Problem) return cause.cause
  return new Problem('environment.down', `nobody answers at ${placeOf(to)}`, {
    hint: 'Start the environment with `seaworthy up`.',
    cause,
  })
}
