/** Backslash escapes of JavaScript, JSON and CSS, by which a character can be written without being there. */
import { hexOf } from './percent.ts'
import type { Output } from './output.ts'

/**
 * Writes what the escape at `at` stands for and says how many characters that took, 0 for none. `\n`, `\t` and the like stay:
 * they are file names on Windows and patterns in prose more often than line breaks.
 */
export function writeEscape(units: Uint16Array, at: number, output: Output): number {
  const next = units[at + 1]!
  if (next === 120) return writeFixed(units, at, 2, output)
  if (next === 117) {
    return units[at + 2] === 123 ? writeBraced(units, at, output) : writeFixed(units, at, 4, output)
  }
  if (next === 47) {
    output.put(47)
    return 2
  }
  return hexOf(next) < 0 ? 0 : writeNumeric(units, at, output)
}

/** `\xhh`, `\uhhhh`. */
function writeFixed(units: Uint16Array, at: number, digits: number, output: Output): number {
  let unit = 0
  for (let index = 0; index < digits; index++) {
    const digit = hexOf(units[at + 2 + index]!)
    if (digit < 0) return 0
    unit = (unit << 4) | digit
  }
  output.put(unit)
  return digits + 2
}

/** `\u{h…}`, at most six digits after leading zeros. */
function writeBraced(units: Uint16Array, at: number, output: Output): number {
  let index = at + 3
  let point = 0
  for (; ; index++) {
    const digit = hexOf(units[index]!)
    if (digit < 0) break
    point = Math.min(point * 16 + digit, 0x110000)
  }
  if (index === at + 3 || units[index] !== 125 || point > 0x10ffff) return 0
  output.putCodePoint(point)
  return index + 1 - at
}

/**
 * Octal as JavaScript and shells have it (`\74`, `\074`), hexadecimal as CSS has it (`\3c `, `\00003c`). Where both readings
 * are possible, a blank after it or leading zeros say CSS.
 */
function writeNumeric(units: Uint16Array, at: number, output: Output): number {
  let digits = 0
  let hex = 0
  while (digits < 6) {
    const digit = hexOf(units[at + 1 + digits]!)
    if (digit < 0) break
    hex = hex * 16 + digit
    digits += 1
  }
  const blank = units[at + 1 + digits] === 32
  const isCss = digits >= 2 && (blank || (units[at + 1] === 48 && units[at + 2] === 48))
  const octal = isCss ? 0 : octalDigits(units, at + 1)
  if (octal >= 2) {
    let unit = 0
    for (let index = at + 1; index <= at + octal; index++) unit = (unit << 3) | (units[index]! - 48)
    output.put(unit)
    return octal + 1
  }
  // A single digit or a long run of letters is a name after a backslash, a Windows path, say.
  if (digits < 2 || hex > 0x10ffff || hex < 0x20) return 0
  output.putCodePoint(hex)
  return digits + 1 + (blank ? 1 : 0)
}

function octalDigits(units: Uint16Array, at: number): number {
  let digits = 0
  while (digits < 3) {
    const code = units[at + digits]!
    if (!(code >= 48 && code <= 55) || (digits === 2 && units[at]! > 51)) break
    digits += 1
  }
  return digits
}
