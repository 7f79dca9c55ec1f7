/** What of a value may be shown: little, escaped, and nothing that is a secret. */
import type { Location } from '../threats.ts'

const EXCERPT_CHARS_MAX = 120
const AROUND_CHARS = 32
const SECRET_NAME =
  /pass|pwd|secret|token|credential|auth|api-?_?key|session|csrf|jwt|bearer|signature|\b(?:sid|otp|pin|cvv)\b/i

/** The part of `text` around what matched; empty where the field's name says that it holds a secret. */
export function excerptOf(text: string, start: number, end: number, location: Location, name: string): string {
  if (location !== 'path' && SECRET_NAME.test(name)) return ''
  const from = Math.max(0, start - AROUND_CHARS)
  const to = Math.min(text.length, Math.max(end, start) + AROUND_CHARS, from + EXCERPT_CHARS_MAX)
  return printable(text.slice(from, to))
}

/** At most 120 characters, with everything escaped that a terminal or a log might act on. */
export function printable(text: string): string {
  let shown = ''
  for (const character of text) {
    const point = character.codePointAt(0)!
    const isUnsafe =
      point < 32 ||
      (point >= 0x7f && point < 0xa0) ||
      (point >= 0x200b && point <= 0x200f) ||
      (point >= 0x2028 && point <= 0x202e) ||
      (point >= 0xd800 && point <= 0xdfff)
    const next = isUnsafe ? `\\u${point.toString(16).padStart(4, '0')}` : character
    if (shown.length + next.length > EXCERPT_CHARS_MAX) break
    shown += next
  }
  return shown
}
