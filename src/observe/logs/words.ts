/** More words of one line are not found by search: it is kept whole all the same. */
export const WORDS_MAX = 4_096
/** A longer run of letters is cut there: base64 is one word. */
export const WORD_LENGTH_MAX = 64

/** The words of a text: runs of letters, digits and `_`, in lower case. What separates words cannot be searched for. */
export function wordsOf(text: string): readonly string[] {
  const words = new Set<string>()
  for (const [word] of text.toLowerCase().matchAll(WORD)) {
    words.add(word.length > WORD_LENGTH_MAX ? word.slice(0, WORD_LENGTH_MAX) : word)
    if (words.size >= WORDS_MAX) break
  }
  return [...words]
}

const WORD = /[\p{L}\p{N}\p{M}_]+/gu
