import { createConnection, type Socket } from 'node:net'
import { AnswerReader } from './answer-reader.ts'

/** Servers close idle connections: gunicorn after 2 s, Node after 5 s. Younger ones can be used again without a race. */
const IDLE_MS_MAX = 1_500

export type Outcome =
  | { readonly kind: 'answer'; readonly status: number }
  /** `what` is a word or an error code: ECONNREFUSED, timeout, cut. */
  | { readonly kind: 'failure'; readonly what: string }

/** One request on its way. */
interface Exchange {
  readonly reader: AnswerReader
  readonly onOutcome: (outcome: Outcome) => void
}

interface Connection {
  readonly socket: Socket
  exchange: Exchange | null
  idleSince: number
}

export interface ConnectionsOptions {
  readonly host: string
  readonly port: number
  readonly isHead: boolean
  readonly max: number
}

/** Kept-alive connections, as many as requests are open at once, up to a bound; one request at a time on each. */
export class Connections {
  readonly #options: ConnectionsOptions
  /** The one used last is used next, so that what is not needed ages and goes. */
  readonly #idle: Connection[] = []
  readonly #all = new Set<Connection>()
  opened = 0
  mostOpen = 0
  bytesReceived = 0

  constructor(options: ConnectionsOptions) {
    this.#options = options
  }

  /**
   * Sends a request; null when every connection is in use and there may be no more. Otherwise a function that gives the
   * request up: its connection is cut and nothing more is heard of it.
   */
  send(bytes: Buffer, onOutcome: (outcome: Outcome) => void): (() => void) | null {
    const connection = this.#free()
    if (connection === null) return null
    connection.exchange = { reader: new AnswerReader(this.#options.isHead), onOutcome }
    connection.socket.write(bytes)
    return () => {
      connection.exchange = null
      connection.socket.destroy()
    }
  }

  close(): void {
    for (const { socket } of this.#all) socket.destroy()
  }

  #free(): Connection | null {
    const now = performance.now()
    for (let idle = this.#idle.pop(); idle !== undefined; idle = this.#idle.pop()) {
      if (!idle.socket.destroyed && now - idle.idleSince < IDLE_MS_MAX) return idle
      idle.socket.destroy()
    }
    return this.#all.size < this.#options.max ? this.#open() : null
  }

  #open(): Connection {
    const { host, port } = this.#options
    const socket = createConnection({ host, port, noDelay: true })
    const connection: Connection = { socket, exchange: null, idleSince: 0 }
    this.#all.add(connection)
    this.opened += 1
    this.mostOpen = Math.max(this.mostOpen, this.#all.size)
    socket.on('data', (chunk) => this.#received(connection, chunk))
    socket.on('error', (error: NodeJS.ErrnoException) => this.#settle(connection, failure(error.code ?? error.message)))
    socket.on('close', () => {
      this.#all.delete(connection)
      const last = connection.exchange?.reader.close()
      if (last === undefined) return
      const isWhole = last.kind === 'end'
      this.#settle(connection, isWhole ? { kind: 'answer', status: last.status } : failure('cut'))
    })
    return connection
  }

  #received(connection: Connection, chunk: Buffer): void {
    this.bytesReceived += chunk.length
    const progress = connection.exchange?.reader.feed(chunk)
    // Bytes on an idle connection belong to no request.
    if (progress === undefined) return void connection.socket.destroy()
    if (progress.kind === 'more') return
    if (progress.kind === 'broken') {
      this.#settle(connection, failure('not HTTP/1.1'))
      return void connection.socket.destroy()
    }
    if (progress.reusable) {
      connection.idleSince = performance.now()
      this.#idle.push(connection)
    } else connection.socket.destroy()
    this.#settle(connection, { kind: 'answer', status: progress.status })
  }

  #settle(connection: Connection, outcome: Outcome): void {
    const { exchange } = connection
    connection.exchange = null
    exchange?.onOutcome(outcome)
  }
}

function failure(what: string): Outcome {
  return { kind: 'failure', what }
}
