import { randomBytes, randomInt } from 'node:crypto'
import type { Connection } from '../../gateway/admin/connection.ts'
import type { FromWorker } from '../../gateway/admin/protocol.ts'
import { Connections } from './connections.ts'
import { Counts } from '../../guard/limit/counts.ts'
import { TICKS_PER_MS } from '../../guard/limit/gcra.ts'
import { createKeyHash } from '../../guard/limit/hash.ts'
import type { CountedRule } from '../../guard/limit/store.ts'
import { limitStatus } from '../../guard/limit/status.ts'
import type { LimitStatus } from '../../guard/limit/status.ts'
import type { LimitRule } from '../../guard/policy.ts'

/** Counts of one rule that control keeps: 10.5 MB when all are in use. */
const COUNTS_MAX = 262_144

/**
 * Control's side of the limits: the counts that all workers share, in memory alone. After a restart they are empty, and what
 * a worker still knows of a count comes back with its next question about it.
 */
export class Limits {
  /** The witness shows it, and the workers know it from here alone: nobody else can be the witness. */
  readonly witness = randomBytes(24).toString('base64url')
  readonly #workers = new Set<Connection>()
  readonly #counts: Counts
  readonly #connections = new Connections()

  /** @param now ticks of a clock that does not jump */
  constructor(now: () => number = ticks) {
    const hash = createKeyHash([randomInt(2 ** 32), randomInt(2 ** 32)])
    this.#counts = new Counts({ now, hash, capacity: COUNTS_MAX, sharers: () => Math.max(1, this.#workers.size) })
  }

  joined(connection: Connection): void {
    this.#workers.add(connection)
    this.#connections.joined(connection)
    connection.send({ type: 'limits', witness: this.witness, redis: null })
  }

  left(connection: Connection): void {
    this.#workers.delete(connection)
    this.#connections.left(connection)
  }

  onMessage(connection: Connection, message: Extract<FromWorker, { type: 'lease' | 'connections' }>): void {
    if (message.type === 'connections') return this.#connections.counted(connection, message.clients)
    const { ask, rules, sets } = message
    const taken = sets.map((wants) => this.#counts.take(wants.map((want) => ({ ...want, rule: rules[want.rule]! }))))
    connection.send({ type: 'lease', ask, sharers: this.#counts.sharers, sets: taken })
  }

  /** How every limit stands for an address, a key's id, or a token's subject. Asking takes nothing. */
  look(limits: readonly LimitRule[], per: LimitRule['per'], id: string): readonly LimitStatus[] {
    const levelOf = (rule: CountedRule, key: string): number => this.#counts.look(rule, key)
    return limitStatus(limits, { per, id, levelOf })
  }

  /** Counts kept now, and those forgotten for want of room. */
  size(): { readonly keys: number; readonly displaced: number } {
    return this.#counts.size()
  }
}

function ticks(): number {
  return Math.floor(performance.now() * TICKS_PER_MS)
}
