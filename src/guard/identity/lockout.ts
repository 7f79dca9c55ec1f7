/** Shuts out who fails too often: an account, whoever tries, and an address, whatever it tries. */

export interface LockoutOptions {
  /** Failures that lock. */
  readonly after: number
  readonly withinMs: number
  readonly forMs: number
  readonly now: () => number
  /** @default KEYS_MAX */
  readonly keysMax?: number
}

export interface Lockout {
  /** Counts a failure; true when this one has locked. */
  failed(key: string): boolean
  /** The right password ends what was counted, unless it is locked: then it is not looked at. */
  succeeded(key: string): void
  /** Milliseconds since the epoch; null: not locked. */
  lockedUntil(key: string): number | null
  /** Locks told from elsewhere. */
  lock(key: string, untilMs: number): void
  unlock(key: string): void
}

/** Accounts and addresses remembered; the one that failed longest ago goes first, locked ones last. */
export const KEYS_MAX = 20_000

interface Tally {
  failures: number[]
  lockedUntilMs: number
}

export function createLockout({ after, withinMs, forMs, now, keysMax = KEYS_MAX }: LockoutOptions): Lockout {
  const tallies = new Map<string, Tally>()
  return {
    failed(key) {
      const nowMs = now()
      const tally = tallies.get(key) ?? { failures: [], lockedUntilMs: 0 }
      remember(key, tally)
      if (tally.lockedUntilMs > nowMs) return false
      tally.failures = tally.failures.filter((atMs) => atMs > nowMs - withinMs)
      tally.failures.push(nowMs)
      if (tally.failures.length < after) return false
      tally.failures = []
      tally.lockedUntilMs = nowMs + forMs
      return true
    },
    succeeded(key) {
      const tally = tallies.get(key)
      if (tally !== undefined && tally.lockedUntilMs <= now()) tallies.delete(key)
    },
    lockedUntil(key) {
      const until = tallies.get(key)?.lockedUntilMs ?? 0
      return until > now() ? until : null
    },
    lock(key, untilMs) {
      const tally = tallies.get(key) ?? { failures: [], lockedUntilMs: 0 }
      tally.lockedUntilMs = Math.max(tally.lockedUntilMs, untilMs)
      remember(key, tally)
    },
    unlock: (key) => void tallies.delete(key),
  }

  function remember(key: string, tally: Tally): void {
    tallies.delete(key)
    if (tallies.size >= keysMax) forgetOne()
    tallies.set(key, tally)
  }

  /** Looks at a few only: among many locked ones the oldest has to do. */
  function forgetOne(): void {
    let looked = 0
    const nowMs = now()
    for (const [key, { lockedUntilMs }] of tallies) {
      if (lockedUntilMs > nowMs && ++looked < LOOKED_AT_MAX) continue
      tallies.delete(lockedUntilMs > nowMs ? tallies.keys().next().value! : key)
      return
    }
    tallies.delete(tallies.keys().next().value!)
  }
}

const LOOKED_AT_MAX = 32
