import { isSpace } from '../text.ts'

/** A run of text that reads as one path, and how far it climbs. */
export interface Climb {
  readonly start: number
  readonly end: number
  /** How far above its own start it ends up at its highest. */
  readonly above: number
}

const CHAR = { other: 0, dot: 1, separator: 2, boundary: 3 } as const

const KIND = new Uint8Array(128)
for (const char of '\'"`<>()[],|&=:') KIND[char.charCodeAt(0)] = CHAR.boundary
for (let code = 0; code <= 32; code++) KIND[code] = CHAR.boundary
KIND[46] = CHAR.dot
for (const char of '/\\') KIND[char.charCodeAt(0)] = CHAR.separator
// Control characters stand for a separator where a decoder went wrong; only after dots do they count.
for (let code = 1; code < 32; code++) if (!isSpace(code)) KIND[code] = CHAR.separator

/** Written-out or broken encodings of a separator, right after dots. */
const BROKEN = /;|0x2f|0x5c|2f|5c|%[0-9a-z]%[0-9a-z]|%[0-9a-z]{2}|%?\ufffd+/iy
const LOOK_ALIKES = '\u2044\u2215\u2216\u29f5\uff0f\uff3c'

function kindBeyondAscii(code: number): number {
  if (code === 0xff0e || code === 0x2024) return CHAR.dot
  return LOOK_ALIKES.includes(String.fromCharCode(code)) ? CHAR.separator : CHAR.other
}

/** Climbing paths kept of one value. */
const CLIMBS_MAX = 8

/**
 * The paths in `text` that climb, the first CLIMBS_MAX of them. Two or more dots and a separator go up one; a name goes down one;
 * one pass, each character looked at once.
 */
export function climbsIn(text: string): readonly Climb[] {
  const found: Climb[] = []
  let start = 0
  let ups = 0
  let above = 0
  let depth = 0
  let dots = 0
  let name = false
  let at = 0
  while (at <= text.length) {
    const code = at < text.length ? text.charCodeAt(at) : 32
    const what = code < 128 ? KIND[code]! : kindBeyondAscii(code)
    let width = 1
    // What ends a segment: a separator, the end of the path, or what is left of a separator right after dots.
    let ends = what === CHAR.separator || what === CHAR.boundary
    if (what === CHAR.dot) dots++
    else if (!ends && !name && dots >= 2) {
      width = brokenSeparator(text, at)
      ends = width > 0
      if (!ends) width = 1
    }
    if (ends) {
      const climbing = dots >= 2 && !name && (what !== CHAR.boundary || ups > 0 || at - start > dots)
      if (climbing) {
        ups++
        depth--
        if (-depth > above) above = -depth
      } else if (name) depth++
      dots = 0
      name = false
      if (what === CHAR.boundary) {
        if (ups > 0 && found.length < CLIMBS_MAX) found.push({ start, end: at, above })
        start = at + 1
        ups = above = depth = 0
      }
    } else if (what !== CHAR.dot) {
      name = true
      dots = 0
    }
    at += width
  }
  return found
}

/** Length of a separator that a decoder wrote out or broke, at `at`; 0 for none. */
function brokenSeparator(text: string, at: number): number {
  BROKEN.lastIndex = at
  return BROKEN.test(text) ? BROKEN.lastIndex - at : 0
}
