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

/** Codes must not be 0; a word given twice keeps the bits of both. At most half as many words as there are slots. */
export function wordTable(given: Iterable<readonly [word: string, code: number]>): WordTable {
  const codes = new Map<string, number>()
  for (const [word, code] of given) codes.set(word, (codes.get(word) ?? 0) | code)
  if (codes.size > SLOTS / 2) throw new RangeError(`${codes.size} words`)
  const words: string[] = []
  // By slot; a length of 0: nothing stands there.
  const lengths = new Uint8Array(SLOTS)
  const hashes = new Int32Array(SLOTS)
  const values = new Int32Array(SLOTS)
  for (const [word, code] of codes) {
    let hash = 0
    for (let at = 0; at < word.length; at++) hash = rolled(hash, word.charCodeAt(at))
    let slot = hash & (SLOTS - 1)
    while (lengths[slot] !== 0) slot = (slot + 1) & (SLOTS - 1)
    lengths[slot] = word.length
    hashes[slot] = hash
    values[slot] = code
    words[slot] = word
  }
  return {
    find(hash, lower, start, end) {
      for (let slot = hash & (SLOTS - 1); lengths[slot] !== 0; slot = (slot + 1) & (SLOTS - 1)) {
        if (hashes[slot] === hash && lengths[slot] === end - start && lower.startsWith(words[slot]!, start))
          return values[slot]!
      }
      return 0
    },
  }
}
