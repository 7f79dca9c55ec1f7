import { isDigit, isLetter, isSpace, isWord, matchesAt, skipSpace } from '../text.ts'
import { rolled } from '../word-table.ts'
import { commandRank, commandRankAt, mayBeCommand } from './commands.ts'

/** What follows a command word. */
export type Shape =
  /** The value ends. */
  | 'end'
  /** A separator, or what closes the substitution or quote it stands in. */
  | 'closed'
  /** `-x`, `--long`, `+x`, `/x`. */
  | 'option'
  /** A path, a glob, a variable. */
  | 'path'
  | 'url'
  /** `>`, `<`, `|` */
  | 'redirect'
  | 'quoted'
  | 'number'
  /** `file.txt`, `a@b`, `10.0.0.1`: a word with a dot, an at sign or an equals sign in it. */
  | 'dotted'
  /** Any other word. */
  | 'word'
  /** Not a command: `name=`, `name:`, `name(`. */
  | 'none'

export interface Command {
  /** Base name in lower case, quotes and escapes taken out, `.exe` left out. */
  readonly name: string
  readonly rank: 0 | 1 | 2
  /** Called by its path in a folder of programs. */
  readonly byPath: boolean
  /** Held quotes, escapes, empty substitutions or globs inside the word. */
  readonly veiled: boolean
  readonly start: number
  /** Index after the word. */
  readonly end: number
  readonly shape: Shape
}

const WORD_MAX = 96
/** Things a shell turns into nothing inside a word. */
const NOTHING =
  /\$[@*!?$_#]|\$\{[a-z_][a-z0-9_]{0,15}\}|\$\{?[!@*#?$]\}?|\$\([a-z]{0,4}\)|``|<\(\)|\$[0-9]|\$[a-z_]\b(?![a-z])/iy
/** Where programs lie; with the slash in front, whatever their name is. */
const PROGRAMS = /^(?:\.{1,2}\/){0,8}\/{0,4}(?:usr\/{1,4})?(?:local\/{1,4})?s?bin\/{1,4}$/
const EXECUTABLE = /\.(?:exe|com|bat|cmd|ps1)$/

const PLAIN = 1
const VEIL = 2
const KIND = new Uint8Array(128)
for (let code = 0; code < 128; code++) if (isWord(code)) KIND[code] = PLAIN
for (const char of '-./') KIND[char.charCodeAt(0)] = PLAIN
for (const char of '\'"\\^?*[]:$`<+') KIND[char.charCodeAt(0)] = VEIL

/**
 * Reads the word at `from` as a shell would; null when no command is known by it. At most WORD_MAX characters are looked at, and
 * words without quotes, escapes or globs inside are looked up as they stand.
 */
export function readCommand(units: Uint16Array, text: string, lower: string, from: number): Command | null {
  const limit = Math.min(text.length, from + WORD_MAX)
  const opened = from < limit && isQuote(units[from]!) ? units[from]! : 0
  const start = opened === 0 ? from : from + 1
  let at = start
  let slash = start
  let code = 0
  let hash = 0
  for (; at < limit; at++) {
    code = units[at]!
    if (code > 127 || KIND[code] !== PLAIN) break
    if (code === 47) {
      slash = at + 1
      hash = 0
    } else hash = rolled(hash, code >= 65 && code <= 90 ? code | 32 : code)
  }
  if (at < limit && code < 128 && KIND[code] === VEIL) {
    const next = at + 1 < text.length ? units[at + 1]! : 32
    const closing = isQuote(code) && !isWord(next) && next !== code && next !== 92 && next !== 45
    if (at === start && !closing && (opened !== 0 || code === 58 || code === 43)) return null
    if (closing && at > start)
      return known(units, text, lower, from, start, slash, opened === code ? at + 1 : at, at, hash)
    // A colon belongs to a word only as a drive's.
    const drive = at - start === 1 && (next === 92 || next === 47)
    const ends =
      code === 43 || (code === 58 && !drive) || (code === 92 && (next === 110 || next === 114 || next === 116))
    if (ends) {
      const command = known(units, text, lower, from, start, slash, at, at, hash)
      if (command !== null) return command
      if (code === 58) return null
    }
    if (at === start && !hides(text, at)) return null
    if (at === start || expands(code, next)) return readVeiled(text, from)
  }
  return at === start ? null : known(units, text, lower, from, start, slash, at, at, hash)
}

/** Whether a hidden word can begin with the sign at `at`, by what follows it. */
function hides(text: string, at: number): boolean {
  const next = at + 1 < text.length ? text.charCodeAt(at + 1) : 32
  switch (text.charCodeAt(at)) {
    case 96: // ``
      return next === 96
    case 60: // <()
    case 43:
      return next === 40
    case 36: // $@, $x, ${x}, $(x): all that expands to nothing
      return next === 40 ? text.charCodeAt(at + 2) !== 36 : next < 128 && !isSpace(next) && !closes(next)
    case 92:
      return isLetter(next) && next !== 110 && next !== 114
    default:
      return next < 128 && !isSpace(next)
  }
}

/** Whether the word may go on behind the sign `code` by what follows it: no when a shell reads it for itself there. */
function expands(code: number, next: number): boolean {
  switch (code) {
    case 96: // ``
      return next === 96
    case 60: // <()
      return next === 40
    case 36: // what NOTHING knows begins with one of these
      return next < 128 && (isWord(next) || EXPANDS.includes(next))
    default:
      return true
  }
}

const EXPANDS = [33, 35, 36, 40, 42, 63, 64, 123] // ! # $ ( * ? @ {

/** The command from `start` to `last`, its base name from `slash` on; `end` is after the quote that closes it as well. */
function known(
  units: Uint16Array,
  text: string,
  lower: string,
  from: number,
  start: number,
  slash: number,
  end: number,
  last: number,
  hash: number,
): Command | null {
  const byPath = slash > start && isProgram(lower, start, slash, last)
  if (!byPath && !mayBeCommand(units, slash, last)) return null
  let rank = commandRankAt(hash, lower, slash, last)
  if (rank === 0 && !byPath && !hasDot(lower, slash, last)) return null
  const name = baseName(lower.slice(slash, last))
  if (rank === 0) rank = commandRank(name)
  if (rank === 0 && !byPath) return null
  return { name, rank, byPath, veiled: false, start: from, end, shape: shapeAfter(text, end) }
}

function hasDot(lower: string, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if (lower.charCodeAt(at) === 46) return true
  return false
}

function isProgram(lower: string, start: number, slash: number, end: number): boolean {
  if (slash === start || end === slash || !PROGRAMS.test(lower.slice(start, slash))) return false
  // `bin/www` lies in many a project.
  const first = lower.charCodeAt(start)
  return first === 47 || first === 46 || commandRank(baseName(lower.slice(slash, end))) > 0
}

function baseName(name: string): string {
  return name.includes('.') ? name.replace(EXECUTABLE, '') : name
}

/** The word with all that hides it taken away. */
function readVeiled(text: string, from: number): Command | null {
  let at = from
  let name = ''
  let veiled = false
  let open = 0
  let quotes = 0
  const end = Math.min(text.length, from + WORD_MAX)
  while (at < end) {
    const code = text.charCodeAt(at)
    if (isWord(code) || code === 45 || code === 46 || code === 47) {
      name += text[at]
      at++
    } else if (isQuote(code)) {
      // A quote that closes what was opened before the word belongs to what stands around it.
      const next = at + 1 < text.length ? text.charCodeAt(at + 1) : 32
      if (open === 0 && name !== '' && !isWord(next) && next !== code && next !== 92 && next !== 45) break
      open = open === code ? 0 : code
      // Quotes around a whole word are emphasis; within one they hide it.
      if (next === code) veiled = true
      else if (name !== '' && isWord(next)) quotes++
      at++
    } else if (code === 92 || code === 94) {
      const next = at + 1 < text.length ? text.charCodeAt(at + 1) : 32
      // A break of the line, spelled out.
      if (code === 92 && (next === 110 || next === 114)) break
      if (code === 92 && (name.includes('/') || /[a-z]:$/i.test(name))) name += '/'
      else if (isLetter(next) || next === 92) veiled = true
      else break
      at++
    } else if (code === 63 || code === 42 || code === 91 || code === 93) {
      if (name === '') break
      name += '?'
      at++
    } else if (code === 58 && name.length === 1 && isLetter(name.charCodeAt(0))) {
      name += ':'
      at++
    } else if (code === 36 || code === 96 || code === 60) {
      NOTHING.lastIndex = at
      const nothing = NOTHING.exec(text)
      if (nothing === null) break
      // Two backticks fence literals of reStructuredText; within a word they hide it.
      if (code === 96 && (name === '' || !isWord(text.charCodeAt(at + 2)))) break
      veiled = true
      at += nothing[0].length
    } else break
  }
  if (name === '') return null
  // One apostrophe is the language's (I'd); two hide letters.
  if (quotes > 1 || (quotes === 1 && isQuote(text.charCodeAt(from)))) veiled = true
  const path = name.toLowerCase()
  const base = baseName(path.slice(path.lastIndexOf('/') + 1))
  const byPath = isProgram(path, 0, path.lastIndexOf('/') + 1, path.length)
  const rank = base.includes('?') ? (byPath || path.startsWith('/') ? 1 : 0) : commandRank(base)
  if (rank === 0 && !byPath) return null
  return { name: base, rank, byPath, veiled, start: from, end: at, shape: shapeAfter(text, at) }
}

function isQuote(code: number): boolean {
  return code === 39 || code === 34
}

const WINDOWS_PATH = /%[a-z_]+%|\\\\/iy
const OPTION = /--?[a-z0-9]|\+[a-z]|\/[a-z?]{1,12}(?=[\s:]|$)/iy

function shapeAfter(text: string, end: number): Shape {
  if (end >= text.length) return 'end'
  const code = text.charCodeAt(end)
  if (code === 92 && text.charCodeAt(end + 1) === 110) return 'closed'
  // Blanks that were encoded once more.
  if (code === 43) return 'dotted'
  if (code === 61 || code === 58 || code === 40 || code === 44) return 'none'
  // `<a|b>`: the end of a place to fill.
  if (code === 62 && (end + 1 >= text.length || isSpace(text.charCodeAt(end + 1)))) return 'none'
  if (!isSpace(code))
    return closes(code) ? 'closed' : code === 60 || code === 62 || code === 36 || code === 123 ? 'redirect' : 'none'
  const at = skipSpace(text, end)
  if (at >= text.length) return 'end'
  const next = text.charCodeAt(at)
  if (closes(next)) return next === 39 || next === 34 ? 'quoted' : 'closed'
  switch (next) {
    case 45: // -
    case 43: // +
    case 47: // /
      return matchesAt(OPTION, text, at) ? 'option' : next === 47 ? 'path' : wordShape(text, at)
    case 60: // <
    case 62: // >
      return 'redirect'
    case 126: // ~
    case 42: // *
    case 36: // $
      return 'path'
    case 37: // %
    case 92: // \
      return matchesAt(WINDOWS_PATH, text, at) ? 'path' : 'word'
    case 46: {
      // `.` alone ends sentences; `./x`, `..` and `.x` are paths.
      const after = at + 1 < text.length ? text.charCodeAt(at + 1) : 32
      return after === 47 || isLetter(after) || after === 46 ? 'path' : 'word'
    }
    case 61:
    case 58:
    case 40:
      return 'none'
  }
  return wordShape(text, at)
}

function closes(code: number): boolean {
  // ; | & ) ` ' " } and line breaks
  return (
    code === 59 ||
    code === 124 ||
    code === 38 ||
    code === 41 ||
    code === 96 ||
    code === 39 ||
    code === 34 ||
    code === 125 ||
    code === 10 ||
    code === 13
  )
}

function wordShape(text: string, from: number): Shape {
  const end = Math.min(text.length, from + 64)
  let digits = true
  let dotted = false
  let slashed = false
  let at = from
  for (; at < end; at++) {
    const code = text.charCodeAt(at)
    if (isSpace(code) || closes(code)) break
    if (!isDigit(code)) digits = false
    // A dot at the end of a word is a full stop.
    if ((code === 46 || code === 64 || code === 61) && at + 1 < end && isWord(text.charCodeAt(at + 1))) dotted = true
    if (code === 58 && text.charCodeAt(at + 1) === 47 && text.charCodeAt(at + 2) === 47) return 'url'
    if (code === 47 || code === 92) slashed = true
  }
  if (digits) return 'number'
  return slashed ? 'path' : dotted ? 'dotted' : 'word'
}
