/** For tests of the limits: chance that can be repeated, and the exact log that every limit must stay within. */
import type { LimitRule } from '../policy.ts'
import { Counts } from './counts.ts'
import { TICKS_PER_MS } from './gcra.ts'
import type { Quota } from './gcra.ts'
import { createKeyHash } from './hash.ts'
import { createLimiter } from './limiter.ts'
import type { Limiter } from './limiter.ts'
import type { Asker } from './rule.ts'
import { LEASE_MAX } from './store.ts'
import type { CountStore, Taken, Want } from './store.ts'

/** Numbers from 0 to 1, always the same for a seed (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b_79f5) | 0
    let bits = Math.imul(state ^ (state >>> 15), state | 1)
    bits = (bits + Math.imul(bits ^ (bits >>> 7), bits | 61)) ^ bits
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32
  }
}

export interface Admission {
  /** In ticks. */
  readonly at: number
  readonly tokens: number
}

/**
 * The sliding log: whether any span between two admissions holds more than `burst + span ÷ interval`. Says which, or null.
 * In one pass: of all spans that end here, the worst begins where `tokens before − begin ÷ interval` is least.
 */
export function brokenSpan(log: readonly Admission[], { interval, burst }: Quota): string | null {
  let before = 0
  let least = Infinity
  for (const { at, tokens } of log) {
    least = Math.min(least, before * interval - at)
    before += tokens
    const excess = before * interval - at - least - burst * interval
    if (excess > 0) return `${excess / interval} tokens too many by tick ${at}`
  }
  return null
}

export function ruleOf(parts: Partial<LimitRule> = {}): LimitRule {
  const rule = {
    per: 'client',
    on: null,
    count: 10,
    perMs: 1_000,
    burst: 10,
    cost: 1,
    whenStoreIsLost: 'local',
  } as const
  const filled = { ...rule, ...parts }
  return { id: JSON.stringify(filled), ...filled }
}

export function asker(parts: Partial<Asker> = {}): Asker {
  return { method: 'GET', host: '', path: '/', client: '192.0.2.1', principal: null, ...parts }
}

/** Workers that share the counts of one owner, with a clock that stands still until time passes. */
export interface TestWorld {
  readonly limiters: Limiter[]
  readonly clock: { now: number }
  /** Questions so far. */
  readonly asks: number
  /** What became of the store, as the workers told it. */
  readonly told: string[]
  /** How the owner takes part: gone, connected but silent, or there. */
  owner: 'gone' | 'silent' | 'there'
  pass(ms: number): void
  /** A worker dies with what it holds, and another takes its place. */
  replace(worker: number): void
  /** The owner dies, and its successor knows nothing. */
  forget(): void
}

export function worldOf(limits: readonly LimitRule[], workers: number): TestWorld {
  const hash = createKeyHash([5, 6])
  const clock = { now: TICKS_PER_MS }
  const now = (): number => clock.now
  const countsOf = (): Counts => new Counts({ hash, now, sharers: () => workers })
  let counts = countsOf()
  let asks = 0
  const store: CountStore = {
    get reachable() {
      return world.owner !== 'gone'
    },
    lease: LEASE_MAX,
    sharers: workers,
    take(wants: readonly Want[]): Promise<Taken> {
      asks += 1
      if (world.owner === 'there') return Promise.resolve(counts.take(wants))
      return Promise.reject(new Error('no answer'))
    },
    close() {},
  }
  const told: string[] = []
  const onStore = (isLost: boolean): void => void told.push(isLost ? 'lost' : 'back')
  const limiterOf = (): Limiter => createLimiter({ limits, store, hash, now, onStore })
  const world: TestWorld = {
    limiters: Array.from({ length: workers }, limiterOf),
    clock,
    told,
    owner: 'there',
    get asks() {
      return asks
    },
    pass(ms) {
      clock.now += Math.floor(ms * TICKS_PER_MS)
      for (const limiter of world.limiters) limiter.settle()
    },
    replace: (worker) => void (world.limiters[worker] = limiterOf()),
    forget: () => void (counts = countsOf()),
  }
  return world
}
