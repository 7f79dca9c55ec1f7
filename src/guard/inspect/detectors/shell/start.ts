import { SCORE, type Value } from '../../detector.ts'
import { canonical, isSystemFile } from '../path/files.ts'
import type { Tell } from '../report.ts'
import { skipSpace } from '../text.ts'
import { batchLine } from './batch.ts'
import { isPlainWord } from './commands.ts'
import { SUBCOMMANDS } from './judge.ts'
import { argument, commandAt, isSeparator } from './reading.ts'
import { wholeSign } from './signs.ts'

/** `--help`, `-l`, `/x`: what a sentence has not after its first word. */
const LONG = /^(?:--[a-z]|-[a-z]+$|\/\w)/i
const WINDOWS_ONLY = new Set(['net', 'reg', 'sc'])

/** The value is a command line itself. */
export function atStart(value: Value, units: Uint16Array, tell: Tell): boolean {
  const { text, document, location } = value
  if (document || location === 'path') return false
  const whole = wholeSign(text)
  if (whole !== null) tell(whole, SCORE.proof, 0, Math.min(text.length, 48))
  if (batchLine(text, skipSpace(text, 0))) tell('batch', SCORE.proof, 0, Math.min(text.length, 48))
  let from = skipSpace(text, 0)
  const first = text.charCodeAt(from)
  if (first === 39 || first === 34) from = skipSpace(text, from + 1)
  if (text.charCodeAt(from) === 92 && text.charCodeAt(from + 1) === 110) from += 2
  const command = commandAt(value, units, from)
  if (command === null) return false
  const told = (rule: string, score: number): boolean => {
    tell(rule, score, from, command.end)
    return true
  }
  // A path of its own is the path detector's; with arguments it is a call.
  if (command.byPath) return told('program', SCORE.proof)
  const wrapped = command.start > from
  switch (command.shape) {
    case 'none':
      return false
    case 'option':
    case 'path': {
      const first = argument(text, command.end)
      const plain = isPlainWord(command.name)
      const sure = isSystemFile(canonical(first)) || wrapped || (!plain && (command.rank === 2 || LONG.test(first)))
      return told('line', sure ? SCORE.proof : plain ? SCORE.weak : SCORE.strong)
    }
    case 'url':
    case 'redirect':
      return told('line', command.rank === 2 || wrapped ? SCORE.proof : SCORE.strong)
    case 'closed':
    case 'end': {
      const rare = command.rank === 2 && !isPlainWord(command.name)
      // Fields of HTTP are lists with `;` themselves.
      const separated = location !== 'header' && isSeparator(text.charCodeAt(skipSpace(text, command.end)))
      return told('line', rare && (wrapped || separated || isSentLine(text)) ? SCORE.proof : SCORE.weak)
    }
    default:
      if (command.veiled) return told('veiled', SCORE.proof)
      if (command.rank === 2 && !isPlainWord(command.name) && isSentLine(text)) return told('line', SCORE.proof)
      // `ansible-doc plugin ping`: nobody's word, and what it works on.
      if (command.rank === 2 && command.name.includes('-')) return told('line', SCORE.proof)
      if (
        WINDOWS_ONLY.has(command.name) &&
        SUBCOMMANDS.get(command.name)!.has(argument(text, command.end).toLowerCase())
      )
        return told('line', SCORE.proof)
      return told('line', wrapped && command.rank === 2 ? SCORE.strong : SCORE.weak)
  }
}

/** One line with the return that sends it to a shell. */
function isSentLine(text: string): boolean {
  const end = text.indexOf('\n')
  return end > 0 && skipSpace(text, end) >= text.length
}
