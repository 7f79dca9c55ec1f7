import { randomBytes, randomInt } from 'node:crypto'
import type { Connection } from '../../gateway/admin/connection.ts'
import type { FromWorker } from '../../gateway/admin/protocol.ts'
import { Connections } from './connections.ts'
import { Counts } from '../../guard/limit/counts.ts'
import { TICKS_PER_MS } from '../../guard/limit/gcra.ts'
import { createKeyHash } from '../../guard/limit/hash.ts'
import { RedisCounts } from '../../guard/limit/redis-counts.ts'
import type { CountStore } from '../../guard/limit/store.ts'
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
  #place: RedisPlace | null = null
  #redis: RedisCounts | null = null

  /** @param now ticks of a clock that does not jump */
  constructor(now: () => number = ticks) {
    const hash = createKeyHash([randomInt(2 ** 32), randomInt(2 ** 32)])
    this.#counts = new Counts({ now, hash, capacity: COUNTS_MAX, sharers: () => Math.max(1, this.#workers.size) })
  }

  joined(connection: Connection): void {
    this.#workers.add(connection)
    this.#connections.joined(connection)
    this.#greet(connection)
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

  /** Where the counts are from now on; null: here. Workers begin anew there. */
  keepIn(redis: RedisPlace | null): void {
    if (redis?.url === this.#place?.url && redis?.prefix === this.#place?.prefix) return
    this.#place = redis
    this.#redis?.close()
    this.#redis = redis === null ? null : new RedisCounts(redis)
    for (const worker of this.#workers) this.#greet(worker)
  }

  /**
   * How every limit stands for an address, a key's id, or a token's subject. Asking takes nothing. Rejects when the counts are
   * in Redis, and that does not answer.
   */
  async look(limits: readonly LimitRule[], per: LimitRule['per'], id: string): Promise<readonly LimitStatus[]> {
    const store: CountStore = this.#redis ?? this.#counts
    return limitStatus(limits, {
      per,
      id,
      async levelOf(rule, key) {
        const { grants } = await store.take([{ rule, key, need: 0, extra: 0, used: 0, back: 0, known: 0 }])
        return grants[0]!.level + grants[0]!.reserved
      },
    })
  }

  /** Counts kept now, and those forgotten for want of room. */
  size(): { readonly keys: number; readonly displaced: number } {
    return this.#counts.size()
  }

  #greet(connection: Connection): void {
    connection.send({ type: 'limits', witness: this.witness, redis: this.#place })
  }
}

/** A Redis, and what all keys in it begin with. */
interface RedisPlace {
  readonly url: string
  readonly prefix: string
}

function ticks(): number {
  return Math.floor(performance.now() * TICKS_PER_MS)
}
