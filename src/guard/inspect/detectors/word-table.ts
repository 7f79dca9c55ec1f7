/**
 * Words looked up by a hash that the tokenizer has rolled over their characters anyway: no substring is cut for a word that is
 * in no list.
 */
const SLOTS = 4096

export interface WordTable {
  /** Code of the word at `start`..`end` of `lower`, whose hash is `hash`; 0 when it is none of them. */
  find(hash: number, lower: string, start: number, end: number): number
}

/** The hash of a word so far, and one more character. */
export function rolled(hash: number, code: number): number {
  return (Math.imul(hash, 31) + code) | 0
}

/** Codes must not be 0; a word given twice keeps the bits of both. */
export function wordTable(codes: Iterable<readonly [word: string, code: number]>): WordTable {
  const words: string[] = []
  const values: number[] = []
  const hashes: number[] = []
  const slots = new Int16Array(SLOTS)
  for (const [word, code] of codes) {
    const known = words.indexOf(word)
    if (known >= 0) {
      values[known]! |= code
      continue
    }
    let hash = 0
    for (let at = 0; at < word.length; at++) hash = rolled(hash, word.charCodeAt(at))
    words.push(word)
    values.push(code)
    hashes.push(hash)
    let slot = hash & (SLOTS - 1)
    while (slots[slot] !== 0) slot = (slot + 1) & (SLOTS - 1)
    slots[slot] = words.length
  }
  return {
    find(hash, lower, start, end) {
      for (let slot = hash & (SLOTS - 1); ; slot = (slot + 1) & (SLOTS - 1)) {
        const index = slots[slot]! - 1
        if (index < 0) return 0
        const word = words[index]!
        if (hashes[index] === hash && word.length === end - start && lower.startsWith(word, start))
          return values[index]!
      }
    },
  }
}
