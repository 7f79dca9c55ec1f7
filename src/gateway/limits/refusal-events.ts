import type { SecurityEvent } from '../../guard/event.ts'
import type { KeyHash } from '../../guard/limit/hash.ts'
import { Slots } from '../../guard/limit/slots.ts'
import type { LimitVerdict } from '../../guard/limit/verdict.ts'
import type { Exchange } from '../exchange.ts'

/** One event for all refusals of a client by one limit in this time … */
export const TOLD_EVERY_MS = 10_000
/** … and no more events than this in a second, whoever they are about. */
export const EVENTS_PER_SECOND = 50
/** Clients that are told apart. */
const CLIENTS_MAX = 8_192

export interface RefusalEventsOptions {
  readonly report: (event: SecurityEvent) => void
  readonly hash: KeyHash
  /** Milliseconds since the epoch. @default Date.now */
  readonly now?: () => number
}

/** Tells of refusals by limits without becoming a flood of its own. Nothing is lost silently: the next event counts it. */
export class RefusalEvents {
  readonly #options: RefusalEventsOptions
  readonly #slots = new Slots(CLIENTS_MAX)
  /** Refusals since the client's last event. */
  readonly #untold = new Float64Array(this.#slots.capacity)
  #second = 0
  #inSecond = 0
  /** Refusals whose event would have been one too many. */
  #passedOver = 0

  constructor(options: RefusalEventsOptions) {
    this.#options = options
  }

  note(exchange: Exchange, { rule }: LimitVerdict): void {
    const { report, hash, now = Date.now } = this.#options
    const at = now()
    const hashed = hash(`${rule.index} ${exchange.clientAddress}`)
    const known = this.#slots.find(hashed)
    if (known >= 0 && this.#slots.ends[known]! > at) {
      this.#untold[known]! += 1
      return
    }
    const since = known >= 0 ? this.#untold[known]! : 0
    const slot = known >= 0 ? known : this.#slots.claim(hashed, at)
    this.#slots.ends[slot] = at + TOLD_EVERY_MS
    this.#untold[slot] = 0
    if (!this.#mayTell(at)) {
      this.#passedOver += 1 + since
      return
    }
    const more = [
      ...(since === 0 ? [] : [`${since} more of it since the last event`]),
      ...(this.#passedOver === 0 ? [] : [`${this.#passedOver} of others were not told one by one`]),
    ]
    this.#passedOver = 0
    report({
      kind: 'rate-limited',
      atMs: at,
      client: exchange.clientAddress,
      correlationId: exchange.correlationId,
      method: exchange.head.method,
      path: exchange.head.path,
      refused: true,
      class: null,
      score: 0,
      evidence: [],
      principal: exchange.principal?.id ?? null,
      reason: [`limit ${rule.id}`, ...more].join('; '),
    })
  }

  #mayTell(at: number): boolean {
    const second = Math.floor(at / 1_000)
    if (second !== this.#second) {
      this.#second = second
      this.#inSecond = 0
    }
    this.#inSecond += 1
    return this.#inSecond <= EVENTS_PER_SECOND
  }
}
