import { CHARS } from '../detector.ts'
import type { Detector } from '../detector.ts'
import { automatonOf } from './automaton.ts'
import type { Automaton, WordMeaning } from './automaton.ts'
import { CHAR_BITS, wideBits } from './chars.ts'
import { textUnits } from './units.ts'

const DETECTORS_MAX = 31
/** Longer texts are read from an array. */
const SHORT_MAX = 128

/** What one pass over a value says: see `Scanner.scan`. */
export interface Scanner {
  /** Looks at every character once. Afterwards `mask` and `asked` hold for it. */
  scan(text: string): void
  /** Bits of CHARS and ENGINE_CHARS. */
  readonly mask: number
  /** A bit for each detector (by its place in the list) whose triggers the value has. */
  readonly asked: number
}

/** @throws RangeError for more than 31 detectors: our own bug. */
export function createScanner(detectors: readonly Detector[]): Scanner {
  if (detectors.length > DETECTORS_MAX) throw new RangeError(`more than ${DETECTORS_MAX} detectors`)
  return new TableScanner(detectors)
}

class TableScanner implements Scanner {
  mask = 0
  asked = 0
  readonly #automaton: Automaton
  readonly #firstEnd: number
  readonly #wordChars: Int32Array
  readonly #wordDetectors: Int32Array
  /** Characters of the detectors that one of them is enough for, and which those are. */
  readonly #either: readonly { readonly chars: number; readonly bit: number }[]
  readonly #eitherChars: number
  /** Detectors that want both; a word has been met already where they are looked at. */
  readonly #both: readonly { readonly chars: number; readonly bit: number }[]
  readonly #eitherBits: number

  constructor(detectors: readonly Detector[]) {
    const automaton = automatonOf(wordsOf(detectors))
    this.#automaton = automaton
    this.#firstEnd = automaton.firstEnd
    this.#wordChars = automaton.chars
    this.#wordDetectors = automaton.detectors
    const all = detectors.map(({ chars, words, needs }, index) => ({
      chars,
      bit: 1 << index,
      both: needs === 'both' && words.length > 0 && chars !== 0,
    }))
    this.#either = all.filter(({ both, chars }) => !both && chars !== 0)
    this.#both = all.filter(({ both }) => both)
    this.#eitherChars = this.#either.reduce((sum, { chars }) => sum | chars, 0)
    this.#eitherBits = all.reduce((sum, { both, bit }) => (both ? sum : sum | bit), 0)
  }

  scan(text: string): void {
    if (text.length > SHORT_MAX) return this.#scanUnits(textUnits(text), text.length)
    const { width, next, classes } = this.#automaton
    const firstEnd = this.#firstEnd
    let mask = 0
    let words = 0
    let state = 0
    for (let index = 0; index < text.length; index++) {
      const code = text.charCodeAt(index)
      if (code < 128) {
        mask |= CHAR_BITS[code]!
        state = next[state + classes[code]!]!
        if (state >= firstEnd) {
          words |= this.#wordDetectors[state / width]!
          mask |= this.#wordChars[state / width]!
        }
      } else {
        mask |= wideBits(code)
        state = 0
      }
    }
    this.mask = mask
    this.asked = this.#askedOf(mask, words)
  }

  /** The same, quicker by a third where there is much to look at, and slower where there is little. */
  #scanUnits(units: Uint16Array, length: number): void {
    const { width, next, classes } = this.#automaton
    const firstEnd = this.#firstEnd
    let mask = 0
    let words = 0
    let state = 0
    for (let index = 0; index < length; index++) {
      const code = units[index]!
      if (code < 128) {
        mask |= CHAR_BITS[code]!
        state = next[state + classes[code]!]!
        if (state >= firstEnd) {
          words |= this.#wordDetectors[state / width]!
          mask |= this.#wordChars[state / width]!
        }
      } else {
        mask |= wideBits(code)
        state = 0
      }
    }
    this.mask = mask
    this.asked = this.#askedOf(mask, words)
  }

  #askedOf(mask: number, words: number): number {
    let asked = words & this.#eitherBits
    if ((mask & this.#eitherChars) !== 0) {
      for (const { chars, bit } of this.#either) if ((mask & chars) !== 0) asked |= bit
    }
    if (words !== asked) {
      for (const { chars, bit } of this.#both) if ((words & bit) !== 0 && (mask & chars) !== 0) asked |= bit
    }
    return asked
  }
}

function wordsOf(detectors: readonly Detector[]): Map<string, WordMeaning> {
  const words = new Map<string, WordMeaning>([
    ['..', { chars: CHARS.dotdot, detectors: 0 }],
    ['--', { chars: CHARS.comment, detectors: 0 }],
    ['/*', { chars: CHARS.comment, detectors: 0 }],
  ])
  for (const [index, { words: wanted }] of detectors.entries()) {
    for (const word of wanted) {
      const known = words.get(word) ?? { chars: 0, detectors: 0 }
      words.set(word, { ...known, detectors: known.detectors | (1 << index) })
    }
  }
  return words
}
