import type { Connection } from '../../gateway/admin/connection.ts'
import type { SecurityEvent } from '../../guard/event.ts'
import { accountKeyIn, addressKey } from '../../guard/identity/lockout-keys.ts'
import { createLockout } from '../../guard/identity/lockout.ts'
import type { Lockout } from '../../guard/identity/lockout.ts'
import type { GuardPolicy } from '../../guard/policy.ts'

type Peer = Pick<Connection, 'send'>

/** One event may stand for many failures; more than this in one are a lock in any case. */
const COUNTED_MAX = 1_000

/**
 * Who has failed too often at all workers together. Each worker counts for itself as well, so that the failure after the last
 * that is allowed finds it locked there; this brings the sum of all to all. Forgotten when control restarts.
 */
export class Lockouts {
  readonly #policy: () => GuardPolicy['lockout'] | null
  readonly #now: () => number
  readonly #peers = new Set<Peer>()
  readonly #locks = new Map<string, number>()
  #lockout: Lockout | null = null
  #madeFrom = ''

  constructor(policy: () => GuardPolicy['lockout'] | null, now: () => number) {
    this.#policy = policy
    this.#now = now
  }

  joined(peer: Peer): void {
    this.#peers.add(peer)
    this.#forget()
    const locks = [...this.#locks].map(([key, untilMs]) => ({ key, untilMs }))
    if (locks.length > 0) peer.send({ type: 'locks', locks })
  }

  gone(peer: Peer): void {
    this.#peers.delete(peer)
  }

  note(event: SecurityEvent): void {
    if (event.kind !== 'login-failed') return
    const lockout = this.#current()
    if (lockout === null) return
    const account = accountKeyIn(event.principal)
    for (const key of [addressKey(event.client), ...(account === null ? [] : [account])]) {
      for (let count = Math.min(event.count ?? 1, COUNTED_MAX); count > 0; count--) {
        if (lockout.failed(key)) this.#tell(key, lockout.lockedUntil(key)!)
      }
    }
  }

  #tell(key: string, untilMs: number): void {
    this.#forget()
    this.#locks.set(key, untilMs)
    for (const peer of this.#peers) peer.send({ type: 'locks', locks: [{ key, untilMs }] })
  }

  /** Bounded by what `createLockout` keeps: no key is locked that is not kept there. */
  #forget(): void {
    for (const [key, untilMs] of this.#locks) if (untilMs <= this.#now()) this.#locks.delete(key)
  }

  #current(): Lockout | null {
    const policy = this.#policy()
    if (policy === null) return null
    const from = JSON.stringify(policy)
    if (this.#lockout === null || from !== this.#madeFrom) this.#lockout = createLockout({ ...policy, now: this.#now })
    this.#madeFrom = from
    return this.#lockout
  }
}
