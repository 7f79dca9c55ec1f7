import { randomInt, timingSafeEqual } from 'node:crypto'
import { normalPath } from '../../core/normal-path.ts'
import { TICKS_PER_MS } from '../../guard/limit/gcra.ts'
import { createKeyHash } from '../../guard/limit/hash.ts'
import { createLimiter, SETTLE_MS } from '../../guard/limit/limiter.ts'
import type { Limiter } from '../../guard/limit/limiter.ts'
import { RedisCounts } from '../../guard/limit/redis-counts.ts'
import type { Asker } from '../../guard/limit/rule.ts'
import type { CountStore } from '../../guard/limit/store.ts'
import type { LimitVerdict } from '../../guard/limit/verdict.ts'
import type { SecurityEvent } from '../../guard/event.ts'
import type { GuardPolicy, LimitRule } from '../../guard/policy.ts'
import type { LimitsChannel } from '../admin/limits-channel.ts'
import { fieldOf } from '../exchange.ts'
import type { Exchange, RequestHead } from '../exchange.ts'
import { SharedCounts } from './shared-counts.ts'
import { ClientConnections } from './client-connections.ts'
import { connectionEvent, storeEvent } from './events.ts'
import { WITNESS_FIELD } from './witness-field.ts'

/** The limits of one worker. */
export interface WorkerLimits extends LimitsChannel {
  /** A table has become current. Counts stay as long as the limits are the same. */
  apply(policy: GuardPolicy | null): void
  /** Whether no limit counts this request. */
  isExempt(head: RequestHead): boolean
  /** A refusal known without asking anybody; see Limiter. */
  early(exchange: Exchange): LimitVerdict | null
  judge(exchange: Exchange): LimitVerdict | null | Promise<LimitVerdict>
  /** Connections of each client. */
  readonly connections: ClientConnections
}

/** @param report takes the security events */
export function createWorkerLimits(report: (event: SecurityEvent) => void): WorkerLimits {
  const hash = createKeyHash([randomInt(2 ** 32), randomInt(2 ** 32)])
  const shared = new SharedCounts()
  const connections = new ClientConnections((address) => report(connectionEvent(address)))
  let store: CountStore = shared
  let redis: RedisCounts | null = null
  let place = 'null'
  let limits: readonly LimitRule[] = []
  let limiter: Limiter | null = null
  let probes: ReadonlySet<string> = new Set()
  let witness: Buffer | null = null
  let send: Parameters<SharedCounts['connect']>[0] = null
  let settling: NodeJS.Timeout | undefined
  return {
    apply(policy) {
      probes = new Set(policy?.probes)
      shared.workers = policy?.workers ?? 1
      const next = policy?.limits ?? []
      if (JSON.stringify(next) === JSON.stringify(limits)) return
      limits = next
      rebuild()
    },
    isExempt(head) {
      if (probes.size > 0 && probes.has(head.path) && (head.method === 'GET' || head.method === 'HEAD')) return true
      if (witness === null) return false
      const shown = fieldOf(head, WITNESS_FIELD)
      return shown !== undefined && isSame(Buffer.from(shown), witness)
    },
    early: (exchange) => (limiter === null ? null : limiter.early(askerOf(exchange))),
    judge: (exchange) => (limiter === null ? null : limiter.judge(askerOf(exchange))),
    connections,
    connect(to) {
      send = to
      connections.connect(to)
      // Nobody is asked before control has said what holds.
      if (to === null) shared.connect(null)
    },
    onMessage(message) {
      if (message.type === 'lease') return shared.onAnswer(message)
      if (message.type === 'connections') return connections.onElsewhere(message)
      witness = Buffer.from(message.witness)
      shared.connect(send)
      countIn(message.redis)
    },
  }

  function countIn(wanted: { readonly url: string; readonly prefix: string } | null): void {
    const next = JSON.stringify(wanted)
    if (next === place) return
    place = next
    redis?.close()
    redis = wanted === null ? null : new RedisCounts({ ...wanted, sharers: shared.workers })
    store = redis ?? shared
    rebuild()
  }

  function rebuild(): void {
    clearInterval(settling)
    limiter = null
    if (limits.length === 0) return
    const built = createLimiter({
      limits,
      store,
      hash,
      now: ticks,
      onStore: (isLost, because) => report(storeEvent(isLost, because)),
    })
    limiter = built
    settling = setInterval(() => built.settle(), SETTLE_MS).unref()
  }
}

function askerOf({ head, clientAddress, principal }: Exchange): Asker {
  return { method: head.method, host: head.host, path: normalPath(head.path), client: clientAddress, principal }
}

/** Of a clock that only goes on. */
function ticks(): number {
  return Math.floor(performance.now() * TICKS_PER_MS)
}

function isSame(shown: Buffer, secret: Buffer): boolean {
  return shown.length === secret.length && timingSafeEqual(shown, secret)
}
