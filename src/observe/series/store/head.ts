import { countUpTo } from '../columns.ts'
import type { Chunk } from './chunk.ts'

/** The samples of one series that no chunk holds yet. */
export class Head {
  #times = new Float64Array(8)
  #values = new Float64Array(8)
  #count = 0
  #ends: number[] = []

  get count(): number {
    return this.#count
  }

  /** -Infinity: nothing is held. */
  get newestMs(): number {
    return Math.max(this.#times[this.#count - 1] ?? -Infinity, this.#ends.at(-1) ?? -Infinity)
  }

  add(atMs: number, value: number): void {
    if (this.#count === this.#times.length) this.#grow()
    this.#times[this.#count] = atMs
    this.#values[this.#count++] = value
  }

  end(atMs: number): void {
    this.#ends.push(atMs)
  }

  /** Views of what is held: not to be kept. */
  held(): Chunk {
    return {
      times: this.#times.subarray(0, this.#count),
      values: this.#values.subarray(0, this.#count),
      ends: Float64Array.from(this.#ends),
    }
  }

  /** What lies before `ms`: a copy. */
  before(ms: number): Chunk {
    const { times, values } = this.held()
    const count = countUpTo(times, ms - 1)
    return {
      times: times.slice(0, count),
      values: values.slice(0, count),
      ends: Float64Array.from(this.#ends.filter((end) => end < ms)),
    }
  }

  dropBefore(ms: number): void {
    const count = countUpTo(this.held().times, ms - 1)
    this.#times.copyWithin(0, count, this.#count)
    this.#values.copyWithin(0, count, this.#count)
    this.#count -= count
    this.#ends = this.#ends.filter((end) => end >= ms)
  }

  replace({ times, values, ends }: Chunk): void {
    this.#times = Float64Array.from(times)
    this.#values = Float64Array.from(values)
    this.#count = times.length
    this.#ends = [...ends]
  }

  #grow(): void {
    const [times, values] = [this.#times, this.#values]
    const length = Math.max(8, times.length * 2)
    this.#times = new Float64Array(length)
    this.#values = new Float64Array(length)
    this.#times.set(times)
    this.#values.set(values)
  }
}
