import { connect, type ClientHttp2Session } from 'node:http2'

export interface Http2Asked {
  readonly status: number | null
  readonly release: string | null
  readonly text: string
  /** Null: an answer came, and whole. */
  readonly error: string | null
}

/** One client over HTTP/2: a connection that is kept until it ends, or a fresh one for each request. */
export class Http2Client {
  readonly #port: number
  readonly #fresh: boolean
  #session: ClientHttp2Session | null = null

  constructor(port: number, fresh: boolean) {
    this.#port = port
    this.#fresh = fresh
  }

  async ask(method: string, path: string, body: string | null, timeoutMs: number): Promise<Http2Asked> {
    const session = this.#open()
    const asked = await exchange(session, { method, path, body, timeoutMs })
    if (this.#fresh) this.close()
    return asked
  }

  close(): void {
    this.#session?.destroy()
    this.#session = null
  }

  #open(): ClientHttp2Session {
    const known = this.#session
    if (known !== null && !known.closed && !known.destroyed) return known
    const session = connect(`https://127.0.0.1:${this.#port}`, { rejectUnauthorized: false })
    // Its requests tell.
    session.on('error', () => {})
    this.#session = session
    return session
  }
}

function exchange(
  session: ClientHttp2Session,
  { method, path, body, timeoutMs }: { method: string; path: string; body: string | null; timeoutMs: number },
): Promise<Http2Asked> {
  return new Promise((resolve) => {
    const length =
      body === null ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }
    const stream = session.request({ ':method': method, ':path': path, ...length }, { endStream: body === null })
    let status: number | null = null
    let release: string | null = null
    let text = ''
    let error: string | null = null
    const limit = setTimeout(() => stream.destroy(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs)
    stream.once('response', (head) => {
      status = head[':status'] ?? null
      const named = head['seaworthy-release']
      release = typeof named === 'string' ? named : null
    })
    stream.on('data', (chunk: Buffer) => (text += chunk.toString()))
    stream.once('error', (cause: Error) => (error = cause.message))
    stream.once('close', () => {
      clearTimeout(limit)
      resolve({ status, release, text, error: error ?? (status === null ? 'ended without an answer' : null) })
    })
    if (body !== null) stream.end(body)
  })
}
