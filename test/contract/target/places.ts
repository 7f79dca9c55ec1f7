import type { Ground, Place } from './place.ts'
import type { Scenario, Told } from './scenario.ts'

/**
 * One place after the other on a ground: scenarios follow one another on the same place, in any order, as a user's days do. One
 * that failed, and one that begins where nothing is, has the next begin on another.
 */
export class Places implements AsyncDisposable {
  readonly #ground: Ground
  #place: Place | null = null
  #left: readonly string[] = []

  constructor(ground: Ground) {
    this.#ground = ground
  }

  async run(scenario: Scenario, t: Told): Promise<void> {
    if (scenario.fresh) await this.end()
    const place = (this.#place ??= this.#ground.place())
    try {
      await scenario.run(place, t)
    } catch (error) {
      await this.end()
      throw error
    }
  }

  /** Ends the place that is there, and says what all of them have left so far. */
  async end(): Promise<readonly string[]> {
    const place = this.#place
    this.#place = null
    if (place !== null) this.#left = [...this.#left, ...(await place.end())]
    return this.#left
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      await this.end()
    } finally {
      await this.#ground[Symbol.asyncDispose]()
    }
  }
}
