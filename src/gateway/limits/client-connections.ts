import type { BlockList } from 'node:net'
import { clientKey } from '../../guard/limit/client-key.ts'
import type { GuardFromWorker, GuardToWorker } from '../admin/guard-protocol.ts'
import { isIn, plainAddress } from '../client-address.ts'

/** From so many connections of one client on, control is told of them: one in each worker is nobody's news. */
export const TOLD_FROM = 2
/** Clients in one message. */
const TOLD_MAX = 1_000
/** Where the witness comes from (src/deploy/witness.ts): no packet from another machine has such an address (RFC 1122 §3.2.1.3). */
const WITNESS_ADDRESS = '127.83.87.87'

/**
 * How many connections each client holds. A worker counts its own and learns from control what the client holds elsewhere;
 * so a client holds at most the bound, one more in each other worker, and what is accepted while news of it is on its way.
 * While control is away, each worker sees its own alone.
 */
export class ClientConnections {
  readonly #open = new Map<string, number>()
  /** What clients hold in other workers, as far as control has said so. */
  readonly #elsewhere = new Map<string, number>()
  readonly #changed = new Set<string>()
  readonly #told = new Set<string>()
  readonly #onRefused: (address: string) => void
  #max = Infinity
  #trusted: BlockList | null = null
  #send: ((message: GuardFromWorker) => void) | null = null
  #isDue = false

  constructor(onRefused: (address: string) => void) {
    this.#onRefused = onRefused
  }

  /** @param max null: no bound */
  configure(max: number | null, trusted: BlockList): void {
    this.#max = max ?? Infinity
    this.#trusted = trusted
  }

  /** A client has connected. False: it is not let in, and not counted. */
  opened(address: string): boolean {
    const key = clientKey(address)
    const own = this.#open.get(key) ?? 0
    if (own + (this.#elsewhere.get(key) ?? 0) >= this.#max && this.#isBound(address)) {
      this.#onRefused(address)
      return false
    }
    this.#open.set(key, own + 1)
    this.#note(key, own + 1)
    return true
  }

  /** A connection that was let in has closed. */
  closed(address: string): void {
    const key = clientKey(address)
    const own = (this.#open.get(key) ?? 0) - 1
    if (own > 0) this.#open.set(key, own)
    else this.#open.delete(key)
    this.#note(key, own)
  }

  /** Null: control has left, and with it what is known of other workers. */
  connect(send: ((message: GuardFromWorker) => void) | null): void {
    this.#send = send
    this.#elsewhere.clear()
    this.#told.clear()
    this.#changed.clear()
    if (send === null) return
    for (const [key, own] of this.#open) this.#note(key, own)
  }

  onElsewhere({ clients }: Extract<GuardToWorker, { type: 'connections' }>): void {
    for (const [key, count] of clients) {
      if (count > 0) this.#elsewhere.set(key, count)
      else this.#elsewhere.delete(key)
    }
  }

  /** A proxy speaks for many. */
  #isBound(address: string): boolean {
    const plain = plainAddress(address)
    return plain !== WITNESS_ADDRESS && (this.#trusted === null || !isIn(this.#trusted, plain))
  }

  #note(key: string, own: number): void {
    if (this.#send === null || this.#max === Infinity) return
    if (own < TOLD_FROM && !this.#told.has(key)) return
    this.#changed.add(key)
    if (this.#isDue) return
    this.#isDue = true
    setImmediate(() => this.#tell())
  }

  #tell(): void {
    this.#isDue = false
    const clients: [string, number][] = []
    for (const key of this.#changed) {
      if (clients.length >= TOLD_MAX) break
      this.#changed.delete(key)
      const own = this.#open.get(key) ?? 0
      const count = own < TOLD_FROM ? 0 : own
      if (count > 0) this.#told.add(key)
      else this.#told.delete(key)
      clients.push([key, count])
    }
    if (clients.length > 0) this.#send?.({ type: 'connections', clients })
    if (this.#changed.size === 0) return
    this.#isDue = true
    setImmediate(() => this.#tell())
  }
}
