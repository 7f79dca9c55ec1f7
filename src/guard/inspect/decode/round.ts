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
  let index = firstChange(text)
  if (index >= text.length) return text
  output.start(text.length)
  for (let before = 0; before < index; before++) output.put(text.charCodeAt(before))
  let changed = false
  while (index < text.length) {
    const code = text.charCodeAt(index)
    const taken =
      code === 37
        ? writePercent(text, index, output)
        : code === 38
          ? writeEntity(text, index, output)
          : code === 92
            ? writeEscape(text, index, output)
            : 0
    if (taken > 0) {
      index += taken
      changed = true
      continue
    }
    index += 1
    if (code < 128) {
      if ((code < 32 && code !== 9 && code !== 10 && code !== 13) || code === 127) changed = true
      else output.put(code)
    } else if (isInvisible(code)) {
      changed = true
    } else {
      const folded = foldedOf(code)
      changed ||= folded !== code
      output.put(folded)
    }
  }
  return changed ? output.take() : text
}

/** Where the first character stands that a round might change. */
function firstChange(text: string): number {
  let index = 0
  for (; index < text.length; index++) {
    const code = text.charCodeAt(index)
    if (code === 37 || code === 38 || code === 92 || code > 126) break
    if (code < 32 && code !== 9 && code !== 10 && code !== 13) break
  }
  return index
}
