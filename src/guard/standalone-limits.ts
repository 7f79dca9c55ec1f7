import { randomInt } from 'node:crypto'
import { normalPath } from '../core/normal-path.ts'
import { Counts } from './limit/counts.ts'
import { TICKS_PER_MS } from './limit/gcra.ts'
import { createKeyHash } from './limit/hash.ts'
import { createLimiter, SETTLE_MS } from './limit/limiter.ts'
import { RedisCounts } from './limit/redis-counts.ts'
import type { LimitVerdict } from './limit/verdict.ts'
import type { LimitRule } from './policy.ts'
import type { GuardRequest, Principal } from './request.ts'

/** `count` requests in `perMs`; burst is `count`, one request takes 1, and it counts by client, unless said otherwise. */
export type LimitOptions = Pick<LimitRule, 'count' | 'perMs'> & Partial<LimitRule>

interface StandaloneLimits {
  early(request: GuardRequest): LimitVerdict | null
  judge(request: GuardRequest, principal: Principal | null): LimitVerdict | null | Promise<LimitVerdict>
  close(): void
}

/** The limits of one program, counted by itself or in Redis. */
export function limitsOf(
  limits: readonly LimitOptions[],
  redis: { readonly url: string; readonly prefix: string } | null,
): StandaloneLimits {
  if (limits.length === 0) return { early: () => null, judge: () => null, close: () => {} }
  const now = (): number => Math.floor(performance.now() * TICKS_PER_MS)
  const hash = createKeyHash([randomInt(2 ** 32), randomInt(2 ** 32)])
  const store = redis === null ? new Counts({ now, hash }) : new RedisCounts(redis)
  const limiter = createLimiter({ limits: limits.map(ruleOf), store, hash, now })
  const settling = redis === null ? undefined : setInterval(() => limiter.settle(), SETTLE_MS).unref()
  const asker = ({ method, host, target, client }: GuardRequest, principal: Principal | null) => ({
    method,
    host,
    client,
    principal,
    path: normalPath(target.split('?', 1)[0]!),
  })
  return {
    early: (request) => limiter.early(asker(request, null)),
    judge: (request, principal) => limiter.judge(asker(request, principal)),
    close() {
      clearInterval(settling)
      store.close()
    },
  }
}

function ruleOf(options: LimitOptions, index: number): LimitRule {
  const { count } = options
  return { id: `limit-${index}`, per: 'client', on: null, burst: count, cost: 1, whenStoreIsLost: 'local', ...options }
}
