/** URL schemes that run what follows, however they are spelled. */

const SKIP_MAX = 64
const SCHEMES = ['javascript', 'vbscript', 'livescript'] as const

/**
 * The offset after the colon when a script scheme begins at `at`, with blanks, control characters, backslashes and quotes between
 * its letters allowed, as browsers allowed them; -1 otherwise. `split` says whether anything stood between.
 */
export const scheme = { split: false }
export function scriptSchemeAt(lower: string, at: number): number {
  const first = lower.charCodeAt(at)
  for (const name of SCHEMES) {
    if (name.charCodeAt(0) !== first) continue
    const end = spelledAt(lower, at, name)
    if (end < 0) continue
    const colon = skipJunk(lower, end)
    if (lower.charCodeAt(colon) !== 58) continue
    scheme.split = end - at > name.length || colon > end
    return colon + 1
  }
  return -1
}

/** The offset after `word` when it begins at `at`, its letters apart by junk or comments or not; -1 otherwise. */
export function spelledAt(lower: string, at: number, word: string): number {
  let offset = at
  let skipped = 0
  for (let letter = 0; letter < word.length; letter++) {
    if (letter > 0) {
      const next = skipJunk(lower, offset)
      skipped += next - offset
      if (skipped > SKIP_MAX) return -1
      offset = next
    }
    if (lower.charCodeAt(offset) !== word.charCodeAt(letter)) return -1
    offset++
  }
  return offset
}

/** Past blanks, control characters, backslashes and CSS comments: at most SKIP_MAX of them. */
export function skipJunk(lower: string, at: number): number {
  const bound = Math.min(lower.length, at + SKIP_MAX)
  let offset = at
  while (offset < bound) {
    const code = lower.charCodeAt(offset)
    if (code === 47 && lower.charCodeAt(offset + 1) === 42) {
      const close = lower.slice(offset + 2, bound).indexOf('*/')
      if (close < 0) return offset
      offset += close + 4
    } else if (code <= 32 || code === 92 || (code >= 127 && code <= 160) || code === 0x2028 || code === 0x2029) offset++
    else return offset
  }
  return offset
}

/** Whether a URL that begins at `at` carries a document or script in itself: data:text/html, data:image/svg+xml, data:,… */
export function activeDataAt(lower: string, at: number): boolean {
  const from = skipJunk(lower, at + 'data'.length)
  if (lower.charCodeAt(from) !== 58) return false
  const type = skipJunk(lower, from + 1)
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
