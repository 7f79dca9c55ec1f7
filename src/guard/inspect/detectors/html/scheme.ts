/** URL schemes that run what follows, however they are spelled. */

import { END } from '../../scan/units.ts'

const SKIP_MAX = 64
const SCHEMES = ['javascript', 'vbscript', 'livescript'] as const

/**
 * The offset after the colon when a script scheme begins at `at`, with blanks, control characters, backslashes and quotes between
 * its letters allowed, as browsers allowed them; -1 otherwise. `split` says whether anything stood between.
 */
export const scheme = { split: false }
export function scriptSchemeAt(units: Uint16Array, at: number): number {
  const first = units[at]!
  for (const name of SCHEMES) {
    if (name.charCodeAt(0) !== first) continue
    const end = spelledAt(units, at, name)
    if (end < 0) continue
    const colon = skipJunk(units, end)
    if (units[colon] !== 58) continue
    scheme.split = end - at > name.length || colon > end
    return colon + 1
  }
  return -1
}

/** The offset after `word` when it begins at `at`, its letters apart by junk or comments or not; -1 otherwise. */
export function spelledAt(units: Uint16Array, at: number, word: string): number {
  let offset = at
  let skipped = 0
  for (let letter = 0; letter < word.length; letter++) {
    if (letter > 0) {
      const next = skipJunk(units, offset)
      skipped += next - offset
      if (skipped > SKIP_MAX) return -1
      offset = next
    }
    if (units[offset] !== word.charCodeAt(letter)) return -1
    offset++
  }
  return offset
}

/** What skipJunk steps over, and the slash that may begin a comment. */
const JUNK = new Uint8Array(161)
for (let code = 0; code <= 160; code++) if (code <= 32 || code === 47 || code === 92 || code >= 127) JUNK[code] = 1

/** Past blanks, control characters, backslashes and CSS comments: at most SKIP_MAX of them. */
export function skipJunk(units: Uint16Array, at: number): number {
  const first = units[at]!
  return first > 160 ? (isBreak(first) ? skipAll(units, at) : at) : JUNK[first] === 1 ? skipAll(units, at) : at
}

function skipAll(units: Uint16Array, at: number): number {
  const bound = at + SKIP_MAX
  let offset = at
  while (offset < bound) {
    const code = units[offset]!
    if (code === 47) {
      const close = units[offset + 1] === 42 ? commentEnd(units, offset + 2, bound) : -1
      if (close < 0) return offset
      offset = close
    } else if (code > 160 ? isBreak(code) : JUNK[code] === 1) offset++
    else return offset
  }
  return offset
}

function isBreak(code: number): boolean {
  return code === 0x2028 || code === 0x2029
}

/** Behind the comment that is open at `at`; -1 when nothing closes it before `bound`. */
function commentEnd(units: Uint16Array, at: number, bound: number): number {
  for (let offset = at; offset + 1 < bound && units[offset] !== END; offset++) {
    if (units[offset] === 42 && units[offset + 1] === 47) return offset + 2
  }
  return -1
}

/** Whether a URL that begins at `at` carries a document or script in itself: data:text/html, data:image/svg+xml, data:,… */
export function activeDataAt(units: Uint16Array, lower: string, at: number): boolean {
  const from = skipJunk(units, at + 'data'.length)
  if (units[from] !== 58) return false
  const type = skipJunk(units, from + 1)
  return (
    lower.startsWith('text/html', type) ||
    lower.startsWith('text/xml', type) ||
    lower.startsWith('image/svg', type) ||
    lower.startsWith('application/x', type) ||
    lower.startsWith('text/javascript', type) ||
    lower.startsWith('text/x-script', type)
  )
}

/** Whether the host of a URL is an address written so that nobody reads it: `//1113982867/`, `//0x42.0x66/`, `//0102.0146.7.1/`. */
export function hiddenHostAt(lower: string, at: number): boolean {
  return /^https?:\/\/(?:\d{8,10}|0x[0-9a-f.x]+|0\d+\.[0-9.]+)(?:[/:?#"']|$)/.test(lower.slice(at, at + 64))
}
