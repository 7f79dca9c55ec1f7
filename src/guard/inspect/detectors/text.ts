/** What tokenizers of values share: classes of characters by table, and short looks around a place. */

const SPACE = 1
const DIGIT = 2
const LETTER = 4
const UNDERSCORE = 8

const CLASS = new Uint8Array(128)
for (const code of [9, 10, 11, 12, 13, 32]) CLASS[code] = SPACE
for (let code = 48; code <= 57; code++) CLASS[code] = DIGIT
for (let code = 65; code <= 90; code++) CLASS[code] = CLASS[code + 32] = LETTER
CLASS[95] = UNDERSCORE

export function isSpace(code: number): boolean {
  return code < 128 && CLASS[code] === SPACE
}

export function isDigit(code: number): boolean {
  return code >= 48 && code <= 57
}

export function isLetter(code: number): boolean {
  return code < 128 && CLASS[code] === LETTER
}

/** A letter, digit or underscore. */
export function isWord(code: number): boolean {
  return code < 128 && CLASS[code]! > SPACE
}

/** First index at or after `from` that is no blank, at most `most` further; that bound otherwise. */
export function skipSpace(text: string, from: number, most = 64): number {
  const end = Math.min(text.length, from + most)
  let at = from
  while (at < end && isSpace(text.charCodeAt(at))) at++
  return at
}

/** First index at or after `from` that is no letter, digit or underscore, at most `most` further. */
export function skipWord(text: string, from: number, most = 64): number {
  const end = Math.min(text.length, from + most)
  let at = from
  while (at < end && isWord(text.charCodeAt(at))) at++
  return at
}

/** Whether a pattern with the sticky flag matches right at `at`. */
export function matchesAt(sticky: RegExp, text: string, at: number): boolean {
  sticky.lastIndex = at
  return sticky.test(text)
}

/** Words between `from` and `to` that read as a sentence: with blanks or a stop around them. Counts to four and no further. */
export function proseWords(text: string, from: number, to: number): number {
  let count = 0
  let letters = 0
  let spaced = from === 0
  for (let at = from; at < to && count < 4; at++) {
    const code = text.charCodeAt(at)
    if (isLetter(code) || code > 127) letters++
    else {
      if (letters > 1 && spaced && (isSpace(code) || code === 44 || code === 46)) count++
      letters = 0
      spaced = isSpace(code)
    }
  }
  return letters > 1 && spaced ? count + 1 : count
}

const SOURCE =
  /(?:^|[\s;{(])(?:const|let|var|await|async|import|export|function|return|class|def|public|private|static|throw|typeof)\s|=>|\)\s{0,4}\{|^\s{0,8}(?:\/\/|\*|#)\s/

/** Whether a line reads as the source of a program: declarations, arrows, blocks. Code shown is not code run. */
export function readsAsSource(text: string): boolean {
  return text.length > SOURCE_MIN && SOURCE.test(text.length > SOURCE_MAX ? text.slice(0, SOURCE_MAX) : text)
}

const SOURCE_MIN = 12
const SOURCE_MAX = 1024
