/** Aho and Corasick's automaton over the words of all detectors: one table step a character, whatever the number of words. */

/** What a word found says: bits of CHARS, and a bit for each detector that wants it. */
export interface WordMeaning {
  readonly chars: number
  readonly detectors: number
}

export interface Automaton {
  /** Next state of `state + class`. A state is the place of its row here. */
  readonly next: Int32Array
  /** Classes, and so the length of a row. */
  readonly width: number
  /** States from here on end a word; no lower one does. */
  readonly firstEnd: number
  /** Class of each ASCII character; letters of both cases share one. 0: in no word. */
  readonly classes: Uint8Array
  /** By state divided by `width`, 0 where no word ends. */
  readonly chars: Int32Array
  readonly detectors: Int32Array
}

const CLASS_BITS = 7
const CLASSES_MAX = 1 << CLASS_BITS
const STATES_MAX = 1 << 16

/**
 * Builds it. Words are lower-case ASCII.
 *
 * @throws RangeError when there are more words than its tables hold: our own bug.
 */
export function automatonOf(words: ReadonlyMap<string, WordMeaning>): Automaton {
  const classes = classesOf(words.keys())
  const children: Map<number, number>[] = [new Map()]
  const chars: number[] = [0]
  const detectors: number[] = [0]
  for (const [word, meaning] of words) {
    let state = 0
    for (const character of word) {
      const cls = classes[character.charCodeAt(0)]!
      let child = children[state]!.get(cls)
      if (child === undefined) {
        child = children.push(new Map()) - 1
        chars.push(0)
        detectors.push(0)
        children[state]!.set(cls, child)
      }
      state = child
    }
    chars[state]! |= meaning.chars
    detectors[state]! |= meaning.detectors
  }
  if (children.length > STATES_MAX) throw new RangeError(`too many words: ${children.length} states`)

  const next = new Uint16Array(children.length << CLASS_BITS)
  const fails = new Uint16Array(children.length)
  const queue: number[] = [0]
  for (let head = 0; head < queue.length; head++) {
    const state = queue[head]!
    const fail = fails[state]!
    chars[state]! |= state === 0 ? 0 : chars[fail]!
    detectors[state]! |= state === 0 ? 0 : detectors[fail]!
    for (let cls = 0; cls < CLASSES_MAX; cls++) {
      const child = children[state]!.get(cls)
      const ofFail = state === 0 ? 0 : next[(fail << CLASS_BITS) | cls]!
      if (child === undefined) {
        next[(state << CLASS_BITS) | cls] = ofFail
      } else {
        fails[child] = ofFail
        next[(state << CLASS_BITS) | cls] = child
        queue.push(child)
      }
    }
  }
  return endsLast({ next, classes, chars: Int32Array.from(chars), detectors: Int32Array.from(detectors) })
}

/**
 * Numbers the states anew, those that end a word behind all others: one comparison then tells them apart. A state is written as the
 * place of its row, so that a step is one addition and one look.
 */
function endsLast(plain: {
  readonly next: Uint16Array
  readonly classes: Uint8Array
  readonly chars: Int32Array
  readonly detectors: Int32Array
}): Automaton {
  const count = plain.chars.length
  const order = Array.from({ length: count }, (_, state) => state)
  const ends = (state: number): number => Number((plain.chars[state]! | plain.detectors[state]!) !== 0)
  order.sort((a, b) => ends(a) - ends(b) || a - b)
  const width = plain.classes.reduce((most, cls) => Math.max(most, cls)) + 1
  const rows = new Int32Array(count)
  for (const [name, state] of order.entries()) rows[state] = name * width
  const next = new Int32Array(count * width)
  for (const [name, state] of order.entries()) {
    for (let cls = 0; cls < width; cls++) next[name * width + cls] = rows[plain.next[(state << CLASS_BITS) | cls]!]!
  }
  return {
    next,
    width,
    firstEnd: order.findIndex((state) => ends(state) === 1) * width,
    classes: plain.classes,
    chars: Int32Array.from(order, (state) => plain.chars[state]!),
    detectors: Int32Array.from(order, (state) => plain.detectors[state]!),
  }
}

function classesOf(words: Iterable<string>): Uint8Array {
  const classes = new Uint8Array(128)
  let count = 0
  for (const word of words) {
    for (const character of word) {
      const code = character.charCodeAt(0)
      if (code > 127 || (code >= 65 && code <= 90)) throw new RangeError(`a word is not lower-case ASCII: ${word}`)
      if (classes[code] !== 0) continue
      count += 1
      if (count >= CLASSES_MAX) throw new RangeError('words have too many different characters')
      classes[code] = count
      if (code >= 97 && code <= 122) classes[code - 32] = count
    }
  }
  return classes
}
