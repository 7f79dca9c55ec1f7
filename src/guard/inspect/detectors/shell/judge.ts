import { SCORE, type Value } from '../../detector.ts'
import { canonical, isSystemFile } from '../path/files.ts'
import type { Tell } from '../report.ts'
import { proseWords } from '../text.ts'
import type { Command } from './command.ts'
import { isPlainWord } from './commands.ts'
import { argument, isLower, isUpper } from './reading.ts'

export interface Context {
  /** Nothing between the separator and the word. */
  readonly adjoining: boolean
  /** A separator that prose seldom has. */
  readonly firm: boolean
  /** `||`, `&&` and the like. */
  readonly doubled: boolean
  /** The value itself begins with a command. */
  readonly started: boolean
  /** Where the separator stands. */
  readonly from: number
}

/** Tells how sure a command behind a separator is one, by what follows it and how likely its name is a word. */
export function judge(value: Value, command: Command, context: Context, tell: Tell): void {
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
      if (!isLower(text, command) && (command.rank < 2 || !isUpper(text, command))) return
      // A value that begins with the separator is no sentence.
      if (context.adjoining && context.from === 0) return say('command', proof)
      // Words between bars are a list.
      if (isPlainWord(command.name) && !(context.adjoining && context.doubled))
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

/** `%SYSTEMROOT%\\x` */
const VARIABLE = /^%[a-z_]+%[\\/]/i
const TIMED = new Set(['sleep', 'ping', 'kill', 'timeout', 'at'])
/** Plain words that the next word makes a command of. */
export const SUBCOMMANDS = new Map<string, ReadonlySet<string>>([
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
