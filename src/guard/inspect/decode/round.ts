import { ENGINE_CHARS, foldedOf, isInvisible } from '../scan/chars.ts'
import { sourceUnits } from '../scan/units.ts'
import { CHARS } from '../detector.ts'
import { writeEntity } from './entities.ts'
import { writeEscape } from './escapes.ts'
import { Output } from './output.ts'
import { writePercent } from './percent.ts'
import { decodeUtf7 } from './utf7.ts'

/** How often a value is decoded further. Nobody's application decodes more often than this. */
export const ROUNDS_MAX = 3

/** Bits without which no round changes anything. */
export const DECODABLE =
  CHARS.percent |
  ENGINE_CHARS.ampersand |
  ENGINE_CHARS.backslash |
  ENGINE_CHARS.plus |
  ENGINE_CHARS.fold |
  ENGINE_CHARS.removable

const output = new Output()

/**
 * One round of decoding, everything at once and from left to right: percent, character references, escapes, full-width
 * letters, invisible characters, then UTF-7. `mask` is the scan's. The same string when nothing changed. Linear: what is
 * written is never longer than what was read, and nothing is read twice.
 */
export function decodeRound(text: string, mask: number): string {
  if ((mask & DECODABLE) === 0) return text
  const decoded = (mask & (DECODABLE & ~ENGINE_CHARS.plus)) === 0 ? text : decodeOnce(text)
  return (mask & ENGINE_CHARS.plus) === 0 ? decoded : decodeUtf7(decoded)
}

/** 1: what may be encoded begins with it; 2: it is left out; of ASCII. */
const KIND = new Uint8Array(128)
for (let code = 0; code < 128; code++) if ((code < 32 && !isBlank(code)) || code === 127) KIND[code] = 2
for (const char of '%&\\') KIND[char.charCodeAt(0)] = 1

function decodeOnce(text: string): string {
  const { length } = text
  const units = sourceUnits(text)
  output.start(length)
  const first = firstChange(units, length)
  if (first >= length) return text
  output.start(length)
  output.copy(units, first)
  for (let index = first; index < length;) {
    const code = units[index]!
    if (code < 128) {
      const kind = KIND[code]!
      const taken = kind === 1 ? writeEncoded(units, index, code) : 0
      if (taken === 0) {
        index += 1
        if (kind < 2) output.put(code)
      } else index += taken
    } else {
      index += 1
      if (code > 159 && !isInvisible(code)) output.put(foldedOf(code))
    }
  }
  return output.take()
}

/** Where the first character stands that the round changes, the text's length when it changes none. */
function firstChange(units: Uint16Array, length: number): number {
  for (let index = 0; index < length; index++) {
    const code = units[index]!
    if (code < 128) {
      const kind = KIND[code]!
      if (kind === 0) continue
      if (kind === 2 || writeEncoded(units, index, code) > 0) return index
    } else if (code < 160 || isInvisible(code) || foldedOf(code) !== code) {
      return index
    }
  }
  return length
}

function writeEncoded(units: Uint16Array, index: number, code: number): number {
  if (code === 37) return writePercent(units, index, output)
  return code === 38 ? writeEntity(units, index, output) : writeEscape(units, index, output)
}

function isBlank(code: number): boolean {
  return code === 9 || code === 10 || code === 13
}
