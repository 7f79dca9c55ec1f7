import type { FieldHint, Location } from '../threats.ts'
import type { Value } from './detector.ts'

/** The one value that detectors see, filled anew each time. */
export class CurrentValue implements Value {
  text = ''
  lower = ''
  mask = 0
  location: Location = 'query'
  name = ''
  hint: FieldHint | null = null
  rounds = 0
  document = false
  method = ''

  set(text: string, mask: number, rounds: number): void {
    this.text = text
    this.lower = lowerAscii(text)
    this.mask = mask
    this.rounds = rounds
  }
}

/** In lower case with the same length, whatever letters it has. */
function lowerAscii(text: string): string {
  const lower = text.toLowerCase()
  return lower.length === text.length ? lower : text.replaceAll(/[A-Z]+/g, (letters) => letters.toLowerCase())
}

const DOCUMENT_CHARS_MIN = 80
const DOCUMENT_LINES_MIN = 3
const DOCUMENT_WORDS_MIN = 12
const LONG_CHARS_MIN = 400
const LONG_WORDS_MIN = 60
const LOOKED_AT_CHARS = 8192

/**
 * Whether a value is a text, a program or a page rather than a parameter: at least three lines with a dozen words, or
 * sixty words. Query parameters, paths, cookies, headers and names are none.
 */
export function isDocument(text: string, location: Location): boolean {
  if (text.length < DOCUMENT_CHARS_MIN) return false
  if (location === 'path' || location === 'query' || location === 'cookie' || location === 'header') return false
  let lines = 1
  let words = 0
  let inWord = false
  const end = Math.min(text.length, LOOKED_AT_CHARS)
  for (let index = 0; index < end; index++) {
    const code = text.charCodeAt(index)
    if (code === 10) lines += 1
    const isWord = (code | 32) >= 97 && ((code | 32) <= 122 || code > 127)
    if (isWord && !inWord) words += 1
    inWord = isWord
  }
  if (lines >= DOCUMENT_LINES_MIN && words >= DOCUMENT_WORDS_MIN) return true
  return text.length >= LONG_CHARS_MIN && words >= LONG_WORDS_MIN
}
