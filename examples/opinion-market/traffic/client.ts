import { Agent, request as httpRequest, type IncomingHttpHeaders } from 'node:http'

/** No answer for this long is a failed request. */
const ANSWER_MS_MAX = 15_000

export interface Asked {
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly token?: string | undefined
  readonly key?: string
  readonly body?: unknown
}

export type Answered =
  | { readonly kind: 'answer'; readonly status: number; readonly headers: IncomingHttpHeaders; readonly body: unknown }
  | { readonly kind: 'failure'; readonly reason: string }

export interface Client {
  /** One attempt, never repeated: what fails here is what a user would have seen fail. */
  send(asked: Asked): Promise<Answered>
  close(): void
}

/** @param keepAlive one connection for many requests, or a fresh one for each. */
export function createClient(base: URL, { keepAlive }: { keepAlive: boolean }): Client {
  const agent = new Agent({ keepAlive, maxSockets: 4 })
  return {
    close: () => agent.destroy(),
    send: ({ method, path, token, key, body }) =>
      new Promise((resolve) => {
        const fail = (reason: string): void => resolve({ kind: 'failure', reason })
        const text = body === undefined ? undefined : JSON.stringify(body)
        const headers = {
          ...(text === undefined
            ? {}
            : { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(text) }),
          ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }),
          ...(key === undefined ? {} : { 'Idempotency-Key': key }),
        }
        const request = httpRequest(new URL(path, base), { method, headers, agent }, (response) => {
          const chunks: Buffer[] = []
          response.on('data', (chunk: Buffer) => chunks.push(chunk))
          response.on('error', (error) => fail(`answer cut off: ${error.message}`))
          response.on('end', () => {
            clearTimeout(deadline)
            const parsed = parse(Buffer.concat(chunks).toString())
            if (parsed === undefined) return fail(`status ${response.statusCode} with a body that is not JSON`)
            resolve({ kind: 'answer', status: response.statusCode ?? 0, headers: response.headers, body: parsed })
          })
        })
        const deadline = setTimeout(() => request.destroy(new Error(`no answer in ${ANSWER_MS_MAX} ms`)), ANSWER_MS_MAX)
        request.on('error', (error) => {
          clearTimeout(deadline)
          fail(error.message || ('code' in error ? String(error.code) : 'no connection'))
        })
        request.end(text)
      }),
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
