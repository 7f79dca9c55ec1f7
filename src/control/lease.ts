import type { Clock } from '../core/clock.ts'
import { Problem } from '../core/problem.ts'
import { isDiskFull } from '../core/system-problem.ts'
import { isProvablyGone, isSameProcess, ownIdentity, type ProcessIdentity } from '../core/process-identity.ts'
import type { Lease } from './api/contract.ts'
import type { State } from './state.ts'

/** A lease that is not renewed for this long is free again. */
export const LEASE_MS = 30_000
/** How often its holder renews it. */
export const HEARTBEAT_MS = 5_000
/** How long work of control's own waits for what it has begun before: about as long as somebody looks on. */
const TURN_MS = 30_000

export interface LeaseRequest {
  /** In words, for people. */
  readonly holder: string
  readonly reason: string
  readonly process: ProcessIdentity | null
}

/**
 * One deploy at a time. A lease carries a fencing token that grows with every holder: whoever comes back with an old token
 * (a CLI that slept, a network that was cut) is refused, whatever it still believes.
 */
export class Leases {
  readonly #state: State
  readonly #clock: Clock
  /** Resolves when all that control has begun by itself is over; null: nothing is under way. */
  #ownWork: Promise<unknown> | null = null

  constructor(state: State, clock: Clock) {
    this.#state = state
    this.#clock = clock
  }

  /** The lease in force; null when free or run out. */
  look(): Lease | null {
    const lease = this.#state.get('lease')
    return lease !== null && lease.expiresAt > this.#clock.now() ? lease : null
  }

  /** Whether a command is at work, as far as one can tell from in here; what control does by itself is none. */
  hasCommand(): boolean {
    const held = this.look()
    return held !== null && !isGone(held) && !isSameHolder(held, ownHolder())
  }

  /**
   * A holder that died on this host cannot come back: its lease is free at once. Of any other we know only that it is silent,
   * and wait for the lease to run out.
   * @throws Problem `deploy.locked` naming the holder.
   */
  acquire({ holder, reason, process }: LeaseRequest): Lease {
    const held = this.look()
    // A holder whose answer was lost when control died asks again.
    if (held && isSameHolder(held, { holder, process })) return held
    if (held && !isGone(held)) throw this.#locked(held)
    const now = this.#clock.now()
    const token = this.#state.get('token') + 1
    const lease = { holder, process, reason, token, acquiredAt: now, renewedAt: now, expiresAt: now + LEASE_MS }
    this.#state.atomically(() => {
      this.#state.set('token', token)
      this.#state.set('lease', lease)
    })
    return lease
  }

  /**
   * Does something under a lease of control's own, so that nobody begins a deploy meanwhile. One after the other: the holder
   * is the same, so two would share a lease, and the first to end would give it back under the second.
   * @throws Problem `deploy.locked`, also when its turn does not come
   */
  async hold<T>(reason: string, work: () => Promise<T>): Promise<T> {
    const before = this.#ownWork
    const ended = Promise.withResolvers<void>()
    const all = Promise.all([before, ended.promise])
    this.#ownWork = all
    void all.then(() => {
      if (this.#ownWork === all) this.#ownWork = null
    })
    try {
      if (before !== null) await this.#turn(before)
      return await this.#holdAlone(reason, work)
    } finally {
      ended.resolve()
    }
  }

  async #turn(before: Promise<unknown>): Promise<void> {
    const over = new AbortController()
    const patience = this.#clock.sleep(TURN_MS, over.signal).catch(() => {})
    await Promise.race([before.then(() => over.abort()), patience])
    const held = over.signal.aborted ? null : this.look()
    if (held !== null) throw this.#locked(held)
  }

  async #holdAlone<T>(reason: string, work: () => Promise<T>): Promise<T> {
    const { token } = this.acquire({ ...ownHolder(), reason })
    const heartbeat = setInterval(() => this.#tryRenew(token), HEARTBEAT_MS)
    try {
      return await work()
    } finally {
      clearInterval(heartbeat)
      this.release(token)
    }
  }

  /** Extends the lease; also brings back one that has run out, as long as nobody else has taken it. */
  renew(token: number): void {
    this.check(token)
    const lease = this.#state.get('lease')
    if (lease === null) return
    const now = this.#clock.now()
    this.#state.set('lease', { ...lease, renewedAt: now, expiresAt: now + LEASE_MS })
  }

  /** Neither a full disk may end control nor a lease that another has taken: the work finds out by its token. */
  #tryRenew(token: number): void {
    try {
      this.renew(token)
    } catch (error) {
      if (!isDiskFull(error) && !(error instanceof Problem && error.code === 'lease.lost')) throw error
    }
  }

  /** Frees the lease when it is still this token's; otherwise nothing. */
  release(token: number): void {
    if (this.#state.get('lease')?.token === token) this.#state.set('lease', null)
  }

  /** What can be a part of a deploy, under its token, or stand alone under a lease of control's own. */
  async holdOrCheck<T>(token: number | null, reason: string, work: () => Promise<T>): Promise<T> {
    if (token === null) return this.hold(reason, work)
    this.check(token)
    return work()
  }

  #locked({ holder, reason, renewedAt }: Lease): Problem {
    const secondsAgo = Math.round((this.#clock.now() - renewedAt) / 1000)
    return new Problem('deploy.locked', `${holder} is at work: ${reason} (last sign of life ${secondsAgo} s ago)`, {
      hint: `Wait for it. A holder that died frees the lease ${LEASE_MS / 1000} s after its last sign of life.`,
    })
  }

  /** @throws Problem `lease.lost` when a newer token has been given out, or this one was handed back. */
  check(token: number): void {
    const newest = this.#state.get('token')
    if (token === newest && this.#state.get('lease') !== null) return
    throw new Problem('lease.lost', `token ${token} is no longer valid: the newest is ${newest}`, {
      hint: 'Another deploy has taken over. See `seaworthy status`, then start again.',
    })
  }
}

/** With its identity, so that the control after a killed one sees that it is gone, and does not wait for the lease to run out. */
function ownHolder(): Omit<LeaseRequest, 'reason'> {
  return { holder: `control (pid ${process.pid})`, process: ownIdentity() }
}

function isGone({ process }: Lease): boolean {
  return process !== null && isProvablyGone(process)
}

function isSameHolder(
  held: Lease,
  asks: { readonly holder: string; readonly process: ProcessIdentity | null },
): boolean {
  if (held.process && asks.process) return isSameProcess(held.process, asks.process)
  return held.holder === asks.holder
}
