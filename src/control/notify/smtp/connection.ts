import { connect as connectPlain, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { MailServer } from './server-url.ts'

/** RFC 5321 allows 512 bytes a line; servers that say more are not cut off at once. */
const LINE_BYTES_MAX = 4_096
const LINES_MAX = 100

export interface Reply {
  readonly code: number
  readonly lines: readonly string[]
}

/** What is wrong with the talk itself; whether trying again can help is for the caller to say. */
export class MailTrouble extends Error {
  readonly final: boolean

  constructor(message: string, final: boolean) {
    super(message)
    this.final = final
  }
}

/** A talk with a mail server: one command, one reply. Everything waits on `signal`, which ends the connection. */
export class MailConnection implements Disposable {
  #socket: Socket
  #text = ''
  #wake: (() => void) | null = null
  #trouble: Error | null = null
  readonly #signal: AbortSignal

  private constructor(socket: Socket, signal: AbortSignal) {
    this.#socket = socket
    this.#signal = signal
    signal.addEventListener('abort', this.#onAbort)
    this.#listen()
  }

  /** @param ca trusted besides the usual authorities */
  static async open({ host, port, tls }: MailServer, signal: AbortSignal, ca?: string): Promise<MailConnection> {
    const options = { host, port, ...(ca === undefined ? {} : { ca }) }
    const socket = tls ? connectTls({ ...options, servername: host }) : connectPlain(options)
    const connection = new MailConnection(socket, signal)
    await connection.#until(() => socket.readyState === 'open')
    return connection
  }

  /** From here on the talk is encrypted. What came before that in the clear could be anybody's. */
  async startTls(host: string, ca?: string): Promise<void> {
    if (this.#text !== '') throw new MailTrouble('it said something between STARTTLS and TLS', false)
    const plain = this.#socket
    plain.removeAllListeners('data')
    const socket = connectTls({ socket: plain, servername: host, ...(ca === undefined ? {} : { ca }) })
    let isSecure = false
    socket.once('secureConnect', () => {
      isSecure = true
      this.#wake?.()
    })
    this.#socket = socket
    this.#listen()
    await this.#until(() => isSecure)
  }

  async command(line: string): Promise<Reply> {
    this.#socket.write(`${line}\r\n`)
    return this.reply()
  }

  write(text: string): void {
    this.#socket.write(text)
  }

  async reply(): Promise<Reply> {
    const lines: string[] = []
    for (;;) {
      await this.#until(() => this.#text.includes('\n'))
      const end = this.#text.indexOf('\n')
      const line = this.#text.slice(0, end).replace(/\r$/, '')
      this.#text = this.#text.slice(end + 1)
      const [, code, separator, rest] = /^([2-5]\d\d)([ -]?)(.*)$/.exec(line) ?? []
      if (code === undefined) throw new MailTrouble('what answers is no mail server', false)
      lines.push(rest!)
      if (separator !== '-') return { code: Number(code), lines }
      if (lines.length > LINES_MAX) throw new MailTrouble('its answer has no end', false)
    }
  }

  [Symbol.dispose](): void {
    this.#signal.removeEventListener('abort', this.#onAbort)
    this.#socket.destroy()
  }

  #listen(): void {
    this.#socket.on('data', (chunk: Buffer) => {
      this.#text += chunk.toString('latin1')
      if (this.#text.length > LINE_BYTES_MAX * 4) this.#fail(new MailTrouble('its answer has no end', false))
      this.#wake?.()
    })
    this.#socket.once('connect', () => this.#wake?.())
    this.#socket.once('secureConnect', () => this.#wake?.())
    this.#socket.on('error', (error) => this.#fail(error))
    this.#socket.once('close', () => this.#fail(new MailTrouble('it closed the connection', false)))
  }

  #fail(error: Error): void {
    this.#trouble ??= error
    this.#wake?.()
  }

  readonly #onAbort = (): void => {
    this.#fail(this.#signal.reason as Error)
    this.#socket.destroy()
  }

  async #until(isThere: () => boolean): Promise<void> {
    while (!isThere()) {
      if (this.#trouble !== null) throw this.#trouble
      await new Promise<void>((resolve) => (this.#wake = resolve))
    }
  }
}
