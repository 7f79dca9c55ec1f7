import { monotonicNs } from '../../src/core/clock.ts'
import type { Entrance } from './entrance.ts'

/** Pause before the next attempt when a reconnect is refused: the controls take the service away altogether. */
const AGAIN_MS = 50

interface Client {
  socket: WebSocket | null
  /** What the last beat of its service said. */
  name: string | null
  closedNs: number | null
  /** Closed with 1012 since the last round and not yet seen on another connection. */
  sent: boolean
}

export interface Round {
  /** Closed with 1012. */
  readonly closed: number
  /** Of those, back on the wanted release. */
  readonly moved: number
  /** Ended in any other way, by close code. */
  readonly otherwise: Readonly<Record<number, number>>
}

/** WebSocket clients that come back at once, as a browser's would, and remember how they were sent away. */
export class SocketCrowd {
  readonly #url: string
  readonly #clients: readonly Client[]
  #running = true
  #closed = 0
  #moved = 0
  #otherwise: Record<number, number> = {}
  #wanted = ''
  readonly reconnectMs: number[] = []

  constructor({ port, protocol }: Entrance, count: number) {
    this.#url = `${protocol === 'http' ? 'ws' : 'wss'}://127.0.0.1:${port}/ws`
    this.#clients = Array.from({ length: count }, () => ({ socket: null, name: null, closedNs: null, sent: false }))
    for (const client of this.#clients) this.#connect(client)
  }

  /** From now on a client counts as moved when it is back and its service calls itself `name`. */
  begin(name: string): void {
    this.#wanted = name
    this.#closed = 0
    this.#moved = 0
    this.#otherwise = {}
    for (const client of this.#clients) client.sent = false
  }

  get round(): Round {
    return { closed: this.#closed, moved: this.#moved, otherwise: this.#otherwise }
  }

  /** True when every client hears a service of this name. */
  allHear(name: string): boolean {
    return this.#clients.every((client) => client.name === name)
  }

  stop(): void {
    this.#running = false
    for (const { socket } of this.#clients) socket?.close()
  }

  #connect(client: Client): void {
    if (!this.#running) return
    const socket = new WebSocket(this.#url)
    client.socket = socket
    client.name = null
    socket.addEventListener('message', ({ data }) => {
      const first = client.name === null
      client.name = String(data)
      if (!first) return
      if (client.closedNs !== null) this.reconnectMs.push((monotonicNs() - client.closedNs) / 1e6)
      if (client.sent && client.name === this.#wanted) this.#moved += 1
      client.sent = false
      client.closedNs = null
    })
    socket.addEventListener('close', ({ code }) => {
      if (!this.#running) return
      const wasOpen = client.name !== null
      client.name = null
      if (wasOpen) {
        client.closedNs = monotonicNs()
        client.sent = code === 1012
        if (client.sent) this.#closed += 1
        else this.#otherwise[code] = (this.#otherwise[code] ?? 0) + 1
        return this.#connect(client)
      }
      if (client.sent) {
        // Sent away, and then not let in: not a move.
        client.sent = false
        this.#otherwise[code] = (this.#otherwise[code] ?? 0) + 1
      }
      setTimeout(() => this.#connect(client), AGAIN_MS)
    })
    // Always followed by `close`, which does the work.
    socket.addEventListener('error', () => {})
  }
}
