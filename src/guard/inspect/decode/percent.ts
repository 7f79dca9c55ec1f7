/** Percent-encoding as the most lenient of readers take it. */
import { sourceUnits } from '../scan/units.ts'
import { Output } from './output.ts'

/** What stands for bytes that are no UTF-8. */
const REPLACEMENT = 0xfffd

/** Value of a hexadecimal digit, -1 for anything else. */
export function hexOf(code: number): number {
  if (code >= 48 && code <= 57) return code - 48
  const lower = code | 32
  return lower >= 97 && lower <= 102 ? lower - 87 : -1
}

/** The byte of `%hh` at `at`, -1 where none stands. */
export function percentByte(units: Uint16Array, at: number): number {
  if (units[at] !== 37) return -1
  const high = hexOf(units[at + 1]!)
  const low = high < 0 ? -1 : hexOf(units[at + 2]!)
  return low < 0 ? -1 : (high << 4) | low
}

/**
 * Writes what stands encoded at `at` and says how many characters that took, 0 where nothing is encoded. `%uhhhh` as IIS reads
 * it; UTF-8 too long for its character, as old decoders take it (`%c0%af` and even `%c0%2f` are `/`).
 */
export function writePercent(units: Uint16Array, at: number, output: Output): number {
  const byte = percentByte(units, at)
  if (byte < 0) return writePercentU(units, at, output)
  if (byte < 0x80) {
    output.put(byte)
    return 3
  }
  const more = byte >= 0xf0 && byte < 0xf8 ? 3 : byte >= 0xe0 ? 2 : byte >= 0xc0 ? 1 : 0
  if (more === 0 || byte >= 0xf8) {
    output.put(REPLACEMENT)
    return 3
  }
  let point = byte & (0x3f >> more)
  for (let index = 1; index <= more; index++) {
    const follower = percentByte(units, at + index * 3)
    const isContinuation = (follower & 0xc0) === 0x80 || (byte <= 0xc1 && follower >= 0)
    if (follower < 0 || !isContinuation) {
      output.put(REPLACEMENT)
      return 3
    }
    point = (point << 6) | (follower & 0x3f)
  }
  output.putCodePoint(point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff) ? REPLACEMENT : point)
  return 3 + more * 3
}

function writePercentU(units: Uint16Array, at: number, output: Output): number {
  if ((units[at + 1]! | 32) !== 117) return 0
  let unit = 0
  for (let index = 2; index < 6; index++) {
    const digit = hexOf(units[at + index]!)
    if (digit < 0) return 0
    unit = (unit << 4) | digit
  }
  output.put(unit)
  return 6
}

const output = new Output()

/**
 * A part of a URL as an application reads it: decoded once. `plusIsSpace` in queries and forms. Never throws; linear.
 */
export function decodePart(text: string, plusIsSpace: boolean): string {
  const percent = text.indexOf('%')
  const plus = plusIsSpace ? text.indexOf('+') : -1
  if (percent < 0) return plus < 0 ? text : text.replaceAll('+', ' ')
  const units = sourceUnits(text)
  output.start(text.length)
  let index = 0
  while (index < text.length) {
    const code = units[index]!
    if (code === 37) {
      const taken = writePercent(units, index, output)
      if (taken > 0) {
        index += taken
        continue
      }
    }
    output.put(code === 43 && plusIsSpace ? 32 : code)
    index += 1
  }
  return output.take()
}
