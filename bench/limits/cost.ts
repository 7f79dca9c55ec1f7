import { Counts } from '../../src/guard/limit/counts.ts'
import { TICKS_PER_MS } from '../../src/guard/limit/gcra.ts'
import { createKeyHash } from '../../src/guard/limit/hash.ts'
import { createLimiter } from '../../src/guard/limit/limiter.ts'
import type { Limiter } from '../../src/guard/limit/limiter.ts'
import { Slots } from '../../src/guard/limit/slots.ts'
import { LEASE_MAX } from '../../src/guard/limit/store.ts'
import type { CountStore } from '../../src/guard/limit/store.ts'
import { asker, ruleOf } from '../../src/guard/limit/testing.ts'
import { fieldsOf } from '../../src/guard/limit/verdict.ts'
import type { LimitVerdict } from '../../src/guard/limit/verdict.ts'

const KEYS = 10_000
const BATCHES = 15
const PER_BATCH = 200_000

export interface Cost {
  readonly what: string
  /** Median of the batches, CPU time. */
  readonly us: number
}

/** What one request costs, in microseconds of CPU: medians of batches that take turns. */
export async function costs(): Promise<readonly Cost[]> {
  const addresses = Array.from({ length: KEYS }, (_, nth) => `10.${nth >> 16}.${(nth >> 8) & 255}.${nth & 255}`)
  const hash = createKeyHash([1, 2])
  const now = (): number => Math.floor(performance.now() * TICKS_PER_MS)

  const slots = new Slots(65_536)
  for (const address of addresses) slots.ends[slots.claim(hash(address), 0)] = Number.MAX_SAFE_INTEGER
  let sum = 0

  const generous = { count: 1_000_000, perMs: 1_000, burst: 1_000_000_000 }
  const counts = new Counts({ now, hash })
  const local = createLimiter({ limits: [ruleOf(generous)], store: counts, hash, now })
  const two = [ruleOf(generous), ruleOf({ ...generous, on: { host: null, method: null, path: '/api' } })]
  // The clock is read and stands still: a lease that ends while nobody can answer is no part of this.
  const still = now()
  const stopped = (): number => still + 0 * performance.now()
  const warm = await warmed(
    addresses.slice(0, 100),
    (store) => createLimiter({ limits: two, store, hash, now: stopped }),
    counts,
  )
  const refusing = createLimiter({
    limits: [ruleOf({ count: 1, perMs: 86_400_000, burst: 1 })],
    store: counts,
    hash,
    now,
  })
  for (const client of addresses) void refusing.judge(asker({ client }))
  for (const client of addresses) void refusing.judge(asker({ client }))

  const askers = addresses.map((client) => asker({ client, path: '/api/things' }))
  const few = askers.slice(0, 100)
  const verdict = local.judge(askers[0]!) as LimitVerdict
  const tasks: Readonly<Record<string, (nth: number) => void>> = {
    'table: find one of 10,000 keys, hash included': (nth) => void (sum += slots.find(hash(addresses[nth % KEYS]!))),
    'one limit, counted in this process': (nth) => void local.judge(askers[nth % KEYS]!),
    'two limits, tokens at hand': (nth) => warm(few[nth % 100]!),
    'a refusal that is known': (nth) => void refusing.early(askers[nth % KEYS]!),
    'the fields of the answer': (nth) => void (sum += fieldsOf({ ...verdict, remaining: nth }).length),
  }
  const seen = new Map<string, number[]>(Object.keys(tasks).map((what) => [what, []]))
  for (let batch = -3; batch < BATCHES; batch++) {
    for (const [what, task] of Object.entries(tasks)) {
      const before = process.cpuUsage()
      for (let nth = 0; nth < PER_BATCH; nth++) task(nth)
      const { user, system } = process.cpuUsage(before)
      if (batch >= 0) seen.get(what)!.push((user + system) / PER_BATCH)
    }
  }
  if (sum < 0) throw new Error('no key was found')
  return [...seen].map(([what, batches]) => ({
    what,
    us: batches.toSorted((one, other) => one - other)[Math.floor(batches.length / 2)]!,
  }))
}

/** A limiter that holds leases of a store that lends without end. */
async function warmed(
  clients: readonly string[],
  limiterOf: (store: CountStore) => Limiter,
  counts: Counts,
): Promise<(who: ReturnType<typeof asker>) => void> {
  const store: CountStore = {
    reachable: true,
    lease: LEASE_MAX,
    sharers: 1,
    async take(wants) {
      const { taken, grants } = counts.take(wants)
      // So many that none of them is used up while it is measured.
      return { taken, grants: grants.map((grant) => ({ ...grant, extra: 1e12 })) }
    },
    close() {},
  }
  const limiter = limiterOf(store)
  const touch = async (): Promise<void> => {
    for (const client of clients)
      for (let nth = 0; nth < 3; nth++) await limiter.judge(asker({ client, path: '/api/things' }))
  }
  await touch()
  return (who) => {
    if (limiter.judge(who) instanceof Promise) throw new Error('no tokens at hand')
  }
}
