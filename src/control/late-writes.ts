import { isDiskFull } from '../core/system-problem.ts'

/** More than these are counted and given up, newest first: control must not grow without bound. */
export const LATE_WRITES_MAX = 1_000

/**
 * Changes of the state that nobody waits for. On a full disk they are kept in memory, in order, and done when there is
 * room: what keeps services running must not end because something cannot be written down. A control that ends
 * meanwhile takes them with it.
 */
export class LateWrites {
  readonly #onCaughtUp: (late: number, lost: number) => void
  #waiting: (() => void)[] = []
  #late = 0
  #lost = 0

  /** @param onCaughtUp told once nothing waits any more: how many came late, and how many were given up */
  constructor(onCaughtUp: (late: number, lost: number) => void) {
    this.#onCaughtUp = onCaughtUp
  }

  /** How many wait for room. */
  get waiting(): number {
    return this.#waiting.length
  }

  /** Does it now, after those that wait; or later. @throws what is no lack of room */
  do(write: () => void): void {
    if (this.catchUp() && attempt(write)) return
    if (this.#waiting.length < LATE_WRITES_MAX) this.#waiting.push(write)
    else this.#lost += 1
  }

  /** Does what waits, as far as there is room. True: nothing waits any more. @throws what is no lack of room */
  catchUp(): boolean {
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
      const write = next
      if (!attempt(write)) {
        this.#waiting.unshift(write)
        return false
      }
      this.#late += 1
    }
    const [late, lost] = [this.#late, this.#lost]
    if (late + lost === 0 || !attempt(() => this.#onCaughtUp(late, lost))) return late + lost === 0
    this.#late = 0
    this.#lost = 0
    return true
  }
}

/** False: there is no room. */
function attempt(write: () => void): boolean {
  try {
    write()
    return true
  } catch (error) {
    if (!isDiskFull(error)) throw error
    return false
  }
}
