import type { Clock } from '../../core/clock.ts'
import type { AuditTrail } from '../audit/trail.ts'

/** A caller that asks again and again is recorded once in so long for each method: the trail is kept for ever. */
export const READING_EVERY_MS = 10 * 60_000
const READERS_MAX = 500

export interface ReadingsOptions {
  readonly trail: Pick<AuditTrail, 'record'>
  readonly clock: Pick<Clock, 'now'>
  /** Told when it could not be recorded, on a full disk say: whoever looks at an attack is answered all the same. */
  readonly onError: (error: unknown) => void
}

/** Puts on record who has looked at what the guard knows. */
export class ReadingsOnRecord {
  readonly #options: ReadingsOptions
  readonly #recordedAt = new Map<string, number>()

  constructor(options: ReadingsOptions) {
    this.#options = options
  }

  /** @param who user@host (pid …), as the caller says */
  note(who: string, method: string): void {
    // Every command is another process: the person is the same.
    const person = who.replace(/ \(pid \d+\)$/, '')
    const key = `${method} ${person}`
    const now = this.#options.clock.now()
    const last = this.#recordedAt.get(key)
    if (last !== undefined && now - last < READING_EVERY_MS) return
    try {
      this.#options.trail.record({ who, what: method, subject: {}, outcome: 'done' })
    } catch (error) {
      return this.#options.onError(error)
    }
    this.#recordedAt.delete(key)
    this.#recordedAt.set(key, now)
    if (this.#recordedAt.size > READERS_MAX) this.#recordedAt.delete(this.#recordedAt.keys().next().value!)
  }
}
