import { CHARS, SCORE, type Detector, type Value } from '../../detector.ts'
import { canonical, isSystemFile } from '../path/files.ts'
import { telling, type Tell } from '../report.ts'
import { isLetter, isSpace, skipSpace } from '../text.ts'
import { batchLine } from './batch.ts'
import { isPlainWord } from './commands.ts'
import { judge } from './judge.ts'
import { argument, commandAt, isLower, isSeparator } from './reading.ts'
import { globIn, signsIn } from './signs.ts'
import { atStart } from './start.ts'
import { textUnits } from '../../scan/units.ts'
import { Surroundings } from './surroundings.ts'

/** A command where a shell would look for one: after a separator, in a substitution, at the start. */
export const shellDetector: Detector = {
  name: 'shell',
  names: true,
  chars:
    CHARS.semicolon |
    CHARS.pipe |
    CHARS.dollar |
    CHARS.quote |
    CHARS.newline |
    CHARS.slash |
    CHARS.comment |
    CHARS.angle |
    CHARS.brace,
  words: [
    ':~',
    'bin/',
    ' /',
    'for ',
    'if ',
    'if/',
    'alias ',

    '!-',
    '~',

    'whoami',
    'ifconfig',
    'ipconfig',
    'systeminfo',
    'phpinfo',
    'nohup ',
    'time ',
    'sudo ',
    'strace ',
    'xargs ',
    'env ',
    'busybox ',
    'watch ',
    'curl ',
    'wget ',
    'ping ',
    'bash ',
  ],
  detect: telling('rce', (value, tell) => {
    const { text } = value
    const units = textUnits(text)
    const started = atStart(value, units, tell)
    const around = new Surroundings(value)
    if ((value.mask & SIGN_CHARS) !== 0) {
      signsIn(text, value.lower, (rule, start, end) =>
        tell(rule, value.document ? SCORE.strong : SCORE.proof, start, end),
      )
    }
    if (!value.document && value.location !== 'path') {
      const glob = globIn(text)
      if (glob >= 0) tell('glob', SCORE.proof, glob, Math.min(text.length, glob + 24))
    }
    if ((value.mask & BEGIN_CHARS) === 0) return
    let hits = 0
    for (let at = 0; at < text.length && !tell.done; at++) {
      const code = units[at]!
      if (code > 127 || BEGINS[code] === 0) continue
      let found = false
      switch (code) {
        case 59: // ;
        case 124: // |
        case 38: // &
          found = separated(value, units, at, started, tell)
          while (isSeparator(units[at + 1]!)) at++
          break
        case 10:
        case 13:
          found = lineBreak(value, units, at, around, tell)
          while (units[at + 1] === 10 || units[at + 1] === 13) at++
          break
        case 92: // \n spelled out
          if (units[at + 1] === 110 && units[at - 1] !== 92) found = lineBreak(value, units, at + 1, around, tell)
          break
        case 36: // $
        case 60: // <
        case 62: // >
          if (units[at + 1] === 40) {
            found = substituted(value, units, at, 2, around, tell)
            // Openings within openings lead to the same command.
            if (!tell.done) at = Math.max(at, skipOpenings(units, at + 2) - 1)
          }
          break
        case 96: // `
          // Three of them fence code.
          if (units[at + 1] === 96) while (units[at + 1] === 96) at++
          else if (around.opensBacktick()) found = substituted(value, units, at, 1, around, tell)
          break
      }
      // What a document shows counts little however often it shows it.
      if (found && value.document && ++hits > DOCUMENT_HITS_MAX) return
    }
  }),
}

const DOCUMENT_HITS_MAX = 2

/** One of them stands in each of the signs. */
const SIGN_CHARS = CHARS.dollar | CHARS.paren | CHARS.brace | CHARS.slash | CHARS.equals
/** One of them stands before every command that is not the first. */
const BEGIN_CHARS =
  CHARS.semicolon | CHARS.pipe | CHARS.newline | CHARS.slash | CHARS.dollar | CHARS.angle | CHARS.quote
/** Characters that a command may stand behind. */
const BEGINS = new Uint8Array(128)
for (const char of ';|&\n\r\\$<>`') BEGINS[char.charCodeAt(0)] = 1

/** A command behind `;`, `|` or `&`. True when something was told. */
function separated(value: Value, units: Uint16Array, at: number, started: boolean, tell: Tell): boolean {
  const { text } = value
  const code = units[at]!
  let next = at + 1
  while (next < text.length && next < at + 4 && isSeparator(units[next]!)) next++
  const doubled = next - at > 1
  if (units[next] === 92 && units[next + 1] === 110) next += 2
  const word = isSpace(units[next]!) ? skipSpace(text, next) : next
  if (word >= text.length) return false
  const first = units[word]! | 32
  if ((first === 102 || first === 105) && !value.document && batchLine(text, word)) {
    tell('batch', SCORE.proof, at, word + 2)
    return true
  }
  const command = commandAt(value, units, word)
  if (command === null) return false
  const adjoining = command.start === next
  const single = code === 38 && !doubled
  // An entity (&lt;), a parameter (&id=) or a name (R&D, Q & A).
  if (adjoining && units[next - 1] === 38 && units[command.end] === 59) return false
  if (single && adjoining && at > 0 && isLetter(units[at - 1]!) && command.rank < 2) return false
  judge(value, command, { adjoining, firm: doubled || code === 124, doubled, started, from: at }, tell)
  return true
}

/** A new line starts a command only where the value is no text of several lines. */
function lineBreak(value: Value, units: Uint16Array, at: number, around: Surroundings, tell: Tell): boolean {
  if (value.document) return false
  const { text } = value
  const command = commandAt(value, units, at + 1)
  if (command === null) return false
  const bare = around.bareBefore(at)
  const plain = isPlainWord(command.name)
  const say = (rule: string, sure: boolean): boolean => {
    tell(rule, sure ? SCORE.proof : SCORE.weak, at, command.end)
    return true
  }
  if (command.byPath) return say('program', true)
  switch (command.shape) {
    case 'path':
      return say('next-line', isSystemFile(canonical(argument(text, command.end))) || (bare && command.rank === 2))
    case 'option':
    case 'url':
    case 'redirect':
      return say('next-line', bare && !plain)
    case 'end':
    case 'closed':
      return say('next-line', bare && !plain)
    default:
      return false
  }
}

function substituted(
  value: Value,
  units: Uint16Array,
  at: number,
  width: number,
  around: Surroundings,
  tell: Tell,
): boolean {
  const { text, document } = value
  let from = at + width
  from = skipOpenings(units, from)
  const command = commandAt(value, units, from)
  if (command === null || (command.shape === 'none' && !command.veiled)) return false
  if (command.rank < 2 && !isLower(text, command)) return false
  // Markdown quotes words with backticks, and prose stands around them.
  const single = width === 1 && from - at === 1
  const spaced = at > 0 && isSpace(units[at - 1]!)
  const quoted = single && (around.prose > 1 || (around.prose > 0 && (spaced || command.rank < 2)) || MARKED.test(text))
  tell('substitution', document || quoted ? SCORE.weak : SCORE.proof, at, command.end)
  return true
}

/** A heading, a list, a quotation or a table of Markdown. */
const MARKED = /^\s{0,4}[#>*|+-]{1,6}\s/

/** Past `$(`, `(` and backticks that stand one in another. */
function skipOpenings(units: Uint16Array, from: number): number {
  let at = from
  for (;;) {
    const code = units[at]!
    const next = units[at + 1]!
    if (code !== 96 && code !== 40 && !(code === 36 && (next === 40 || next === 123 || next === 96))) return at
    at++
  }
}
