import { ENGINE_CHARS, foldedOf, isInvisible } from '../scan/chars.ts'
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

function decodeOnce(text: string): string {
  const first = firstChange(text)
  if (first >= text.length) return text
  output.start(text.length)
  for (let index = 0; index < first; index++) output.put(text.charCodeAt(index))
  for (let index = first; index < text.length;) {
    const code = text.charCodeAt(index)
    const taken = isStarter(code) ? writeEncoded(text, index, code) : 0
    if (taken > 0) {
      index += taken
      continue
    }
    index += 1
    if (code < 127 ? code >= 32 || isBlank(code) : code > 159 && !isInvisible(code)) output.put(foldedOf(code))
  }
  return output.take()
}

/** Where the first character stands that the round changes, the text's length when it changes none. */
function firstChange(text: string): number {
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index)
    if (code < 127) {
      if (isStarter(code)) {
        output.start(8)
        if (writeEncoded(text, index, code) > 0) return index
      } else if (code < 32 && !isBlank(code)) {
        return index
      }
    } else if (code < 160 || isInvisible(code) || foldedOf(code) !== code) {
      return index
    }
  }
  return text.length
}

function writeEncoded(text: string, index: number, code: number): number {
  if (code === 37) return writePercent(text, index, output)
  return code === 38 ? writeEntity(text, index, output) : writeEscape(text, index, output)
}

function isStarter(code: number): boolean {
  return code === 37 || code === 38 || code === 92
}

function isBlank(code: number): boolean {
  return code === 9 || code === 10 || code === 13
}
