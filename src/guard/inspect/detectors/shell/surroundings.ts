import type { Value } from '../../detector.ts'
import { isSpace, proseWords, skipSpace } from '../text.ts'

/** What stands around in a value, looked at once and only when asked for. */
export class Surroundings {
  readonly #value: Value
  #backticks = 0
  #prose = -1
  #bareUntil = -1

  constructor(value: Value) {
    this.#value = value
  }

  /** Whether the backtick now met opens a span. */
  opensBacktick(): boolean {
    return this.#backticks++ % 2 === 0
  }

  /** Words outside of backticks, up to four. */
  get prose(): number {
    if (this.#prose < 0) this.#prose = proseOutside(this.#value.text)
    return this.#prose
  }

  /** Whether nothing but one word stands before the line break at `at`. */
  bareBefore(at: number): boolean {
    if (this.#bareUntil < 0) {
      const { text } = this.#value
      let end = skipSpace(text, 0)
      while (end < text.length && end < BARE_MAX && !isSpace(text.charCodeAt(end))) end++
      this.#bareUntil = end
    }
    return at <= this.#bareUntil
  }
}

/** Longest word before a line break that still counts as nothing. */
const BARE_MAX = 64

function proseOutside(text: string): number {
  let count = 0
  let from = 0
  while (from < text.length && count < 4) {
    const open = text.indexOf('`', from)
    count += proseWords(text, from, open < 0 ? text.length : open)
    if (open < 0) break
    const close = text.indexOf('`', open + 1)
    if (close < 0) break
    from = close + 1
  }
  return count
}
