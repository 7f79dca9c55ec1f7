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

function kind(code: number): number {
  if (code < 128) return KIND[code]!
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
  const close = (at: number): void => {
    if (dots >= 2 && !name && (ups > 0 || at - start > dots)) up()
    if (ups > 0 && found.length < CLIMBS_MAX) found.push({ start, end: at, above })
    start = at + 1
    ups = above = depth = dots = 0
    name = false
  }
  const up = (): void => {
    ups++
    depth--
    if (-depth > above) above = -depth
  }
  let at = 0
  while (at < text.length) {
    const what = kind(text.charCodeAt(at))
    if (what === CHAR.dot) {
      dots++
      at++
    } else if (what === CHAR.separator) {
      if (dots >= 2 && !name) up()
      else if (name) depth++
      dots = 0
      name = false
      at++
    } else if (what === CHAR.boundary) {
      close(at)
      at++
    } else if (dots >= 2 && !name) {
      BROKEN.lastIndex = at
      const broken = BROKEN.exec(text)
      if (broken === null) {
        name = true
        at++
      } else {
        up()
        dots = 0
        at += broken[0].length
      }
    } else {
      name = true
      dots = 0
      at++
    }
  }
  close(at)
  return found
}
