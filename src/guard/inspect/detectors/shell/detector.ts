import { CHARS, SCORE, type Detector, type Value } from '../../detector.ts'
import { canonical, isSystemFile } from '../path/files.ts'
import { telling, type Tell } from '../report.ts'
import { isLetter, isSpace, proseWords, skipSpace } from '../text.ts'
import { readCommand, type Command } from './command.ts'
import { batchLine } from './batch.ts'
import { isPlainWord, isWrapper } from './commands.ts'
import { globbed, signAt, wholeSign } from './signs.ts'

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
    const started = atStart(value, tell)
    let backticks = 0
    for (let at = 0; at < text.length && !tell.done; at++) {
      switch (text.charCodeAt(at)) {
        case 59: // ;
        case 124: // |
        case 38: // &
        case 10:
        case 13:
          at = separated(value, at, started, tell)
          break
        case 92: // \n spelled out
          if (text.charCodeAt(at + 1) === 110 && text.charCodeAt(at - 1) !== 92) lineBreak(value, at + 1, tell)
          break
        case 36: // $
          if (text.charCodeAt(at + 1) === 40) substituted(value, at, 2, tell)
          sign(value, at, tell)
          break
        case 96: // `
          // Three of them fence code.
          if (text.charCodeAt(at + 1) === 96) while (text.charCodeAt(at + 1) === 96) at++
          else if (backticks++ % 2 === 0) substituted(value, at, 1, tell)
          break
        case 60: // <
        case 62: // >
          if (text.charCodeAt(at + 1) === 40) substituted(value, at, 2, tell)
          break
        case 40: // (
        case 37: // %
          sign(value, at, tell)
          break
        case 47: // /
          sign(value, at, tell)
          if (!value.document && value.location !== 'path' && globbed(text, at)) tell('glob', SCORE.proof, at, at + 16)
          break
      }
    }
  }),
}

/** Steps over wrappers (`sudo`, `time`) and assignments to the command that runs; null when none is known there. */
function commandAt(text: string, from: number): Command | null {
  let at = skipSpace(text, from)
  for (let step = 0; step < 3; step++) {
    const command = readCommand(text, at)
    if (command === null) return null
    if (!isWrapper(command.name) || command.shape === 'end' || command.shape === 'closed' || command.shape === 'none')
      return command
    const next = readCommand(text, skipSpace(text, command.end))
    if (next === null || next.rank === 0 || next.start >= text.length) return command
    at = next.start
  }
  return readCommand(text, at)
}

function separated(value: Value, at: number, started: boolean, tell: Tell): number {
  const { text } = value
  const code = text.charCodeAt(at)
  if (code === 10 || code === 13) {
    lineBreak(value, at, tell)
    return at
  }
  let next = at + 1
  while (next < text.length && next < at + 4 && isSeparator(text.charCodeAt(next))) next++
  const doubled = next - at > 1
  if (text.charCodeAt(next) === 92 && text.charCodeAt(next + 1) === 110) next += 2
  if (!value.document && batchLine(text, skipSpace(text, next))) tell('batch', SCORE.proof, at, next + 2)
  const command = commandAt(text, next)
  if (command === null || (command.rank === 0 && !command.byPath)) return next - 1
  const adjoining = command.start === next
  const single = code === 38 && !doubled
  // An entity (&lt;), a parameter (&id=) or a name (R&D, Q & A).
  if (adjoining && text.charCodeAt(next - 1) === 38 && text.charCodeAt(command.end) === 59) return next - 1
  if (single && adjoining && at > 0 && isLetter(text.charCodeAt(at - 1)) && command.rank < 2) return next - 1
  judge(value, command, { adjoining, firm: doubled || code === 124, started, from: at }, tell)
  return next - 1
}

function sign(value: Value, at: number, tell: Tell): void {
  const rule = signAt(value.text, at)
  if (rule === null) return
  tell(rule, value.document ? SCORE.strong : SCORE.proof, at, Math.min(value.text.length, at + 24))
}

function isSeparator(code: number): boolean {
  return code === 59 || code === 124 || code === 38
}

interface Context {
  /** Nothing between the separator and the word. */
  readonly adjoining: boolean
  /** A separator that prose seldom has. */
  readonly firm: boolean
  /** The value itself begins with a command. */
  readonly started: boolean
  /** Where the separator stands. */
  readonly from: number
}

function judge(value: Value, command: Command, context: Context, tell: Tell): void {
  const { text, document } = value
  const proof = SCORE.proof
  const say = (rule: string, score: number): void =>
    tell(rule, document ? SCORE.weak : score, context.from, command.end)
  if (command.byPath) return say('program', proof)
  if (command.veiled) return say('veiled', proof)
  switch (command.shape) {
    case 'none':
      return
    case 'option':
    case 'url':
    case 'redirect':
      return say('command', proof)
    case 'path':
      return say(
        'command',
        command.rank === 2 ||
          !isPlainWord(command.name) ||
          isSystemFile(canonical(argument(text, command.end))) ||
          context.adjoining ||
          VARIABLE.test(argument(text, command.end))
          ? proof
          : SCORE.strong,
      )
    case 'end':
    case 'closed':
      if (command.rank < 2 && !isLower(text, command)) return
      // A value that begins with the separator is no sentence.
      if (context.adjoining && context.from === 0) return say('command', proof)
      if (isPlainWord(command.name) && !(context.adjoining && context.firm))
        return say('word', command.rank === 2 || context.adjoining ? SCORE.strong : SCORE.weak)
      // Cells of a table stand between bars.
      if (context.firm && !context.adjoining && command.shape === 'closed' && command.rank < 2)
        return say('word', SCORE.weak)
      return say('command', proof)
    case 'quoted':
    case 'dotted':
      return say(
        'command',
        command.rank === 2 || (context.adjoining && !isPlainWord(command.name)) ? proof : SCORE.weak,
      )
    case 'number':
      return say('command', command.rank === 2 || TIMED.has(command.name) ? proof : SCORE.weak)
    case 'word':
      if (context.started && context.adjoining) return say('sequence', proof)
      if (command.rank === 2 && !isPlainWord(command.name))
        return say(
          'command',
          context.adjoining || context.firm || proseWords(text, 0, context.from) < 2 ? proof : SCORE.strong,
        )
      if (SUBCOMMANDS.get(command.name)?.has(argument(text, command.end).toLowerCase())) return say('command', proof)
      return say('word', context.adjoining && context.firm ? SCORE.strong : SCORE.weak)
  }
}

/** As Unix writes its commands; `B&W` and passwords differ. */
function isLower(text: string, command: Command): boolean {
  const word = text.slice(command.start, command.end)
  return word === word.toLowerCase()
}

/** `%SYSTEMROOT%\\x` */
const VARIABLE = /^%[a-z_]+%[\\/]/i
/** `--help`, `-l`, `/x`: what a sentence has not after its first word. */
const LONG = /^(?:--[a-z]|-[a-z]+$|\/\w)/i
const TIMED = new Set(['sleep', 'ping', 'kill', 'timeout', 'at'])
/** Plain words that the next word makes a command of. */
const SUBCOMMANDS = new Map<string, ReadonlySet<string>>([
  [
    'net',
    new Set([
      'user',
      'localgroup',
      'view',
      'start',
      'stop',
      'share',
      'use',
      'group',
      'accounts',
      'config',
      'session',
      'statistics',
      'time',
    ]),
  ],
  ['reg', new Set(['add', 'query', 'delete', 'save', 'export', 'import', 'load', 'copy'])],
  ['sc', new Set(['query', 'config', 'create', 'start', 'stop', 'delete', 'qc'])],
  ['set', new Set(['/a', '/p'])],
  ['git', new Set(['clone', 'pull', 'push', 'config', 'fetch'])],
  ['docker', new Set(['run', 'exec', 'ps', 'pull'])],
  ['apt', new Set(['install', 'update', 'remove'])],
  ['pip', new Set(['install', 'download'])],
  ['npm', new Set(['install', 'run', 'exec', 'i'])],
])

const WINDOWS_ONLY = new Set(['net', 'reg', 'sc'])

function argument(text: string, end: number): string {
  const at = skipSpace(text, end)
  let to = at
  while (to < text.length && to < at + 128 && !isSpace(text.charCodeAt(to)) && !isSeparator(text.charCodeAt(to))) to++
  return text.slice(at, to)
}

/** A new line starts a command only where the value is no text of several lines. */
function lineBreak(value: Value, at: number, tell: Tell): void {
  if (value.document) return
  const { text } = value
  const command = commandAt(text, at + 1)
  if (command === null || (command.rank === 0 && !command.byPath)) return
  const say = (rule: string, score: number): void => tell(rule, score, at, command.end)
  if (command.byPath) return say('program', SCORE.proof)
  const bare = skipSpace(text, 0) >= at || !/\s/.test(text.slice(0, Math.min(at, 64)).trim())
  switch (command.shape) {
    case 'path':
      return say(
        'line',
        isSystemFile(canonical(argument(text, command.end))) || (bare && command.rank === 2) ? SCORE.proof : SCORE.weak,
      )
    case 'option':
    case 'url':
    case 'redirect':
      return say('line', bare && !isPlainWord(command.name) ? SCORE.proof : SCORE.weak)
    case 'end':
    case 'closed':
      return say('line', bare && (command.rank === 2 || !isPlainWord(command.name)) ? SCORE.proof : SCORE.weak)
    default:
      return
  }
}

function substituted(value: Value, at: number, width: number, tell: Tell): void {
  const { text, document } = value
  let from = at + width
  while (from < text.length && from < at + 8 && (text[from] === '`' || text[from] === '$' || text[from] === '(')) from++
  const command = commandAt(text, from)
  if (command === null || (command.rank === 0 && !command.byPath)) return
  if (command.shape === 'none' && !command.veiled) return
  if (command.rank < 2 && !isLower(text, command)) return
  let score: number = document ? SCORE.weak : SCORE.proof
  if (width === 1 && from - at === 1) {
    // Markdown quotes words with backticks, and prose stands around them.
    const close = text.indexOf('`', command.end)
    const around = proseWords(text, 0, at) + (close < 0 ? 0 : proseWords(text, close + 1, text.length))
    if (around > 1 || (around > 0 && command.rank < 2)) score = SCORE.weak
  }
  tell('substitution', score, at, command.end)
}

/** The value is a command line itself. */
function atStart(value: Value, tell: Tell): boolean {
  const { text, document, location } = value
  if (document || location === 'path') return false
  const whole = wholeSign(text)
  if (whole !== null) tell(whole, SCORE.proof, 0, Math.min(text.length, 48))
  if (batchLine(text, skipSpace(text, 0))) tell('batch', SCORE.proof, 0, Math.min(text.length, 48))
  let from = skipSpace(text, 0)
  const first = text.charCodeAt(from)
  if (first === 39 || first === 34) from = skipSpace(text, from + 1)
  if (text.charCodeAt(from) === 92 && text.charCodeAt(from + 1) === 110) from += 2
  const command = commandAt(text, from)
  if (command === null || (command.rank === 0 && !command.byPath)) return false
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
      const separated = isSeparator(text.charCodeAt(skipSpace(text, command.end)))
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
