import type { Value } from '../../detector.ts'
import { isSpace, skipSpace } from '../text.ts'
import { readCommand, type Command } from './command.ts'
import { isWrapper } from './commands.ts'

/** Steps over wrappers (`sudo`, `time`) to the command that runs; null when none is known there. */
export function commandAt(value: Value, units: Uint16Array, from: number): Command | null {
  const { text, lower } = value
  let at = isSpace(units[from]!) ? skipSpace(text, from) : from
  for (let step = 0; step < WRAPPERS_MAX; step++) {
    const command = readCommand(units, text, lower, at)
    if (command === null) return null
    if (!isWrapper(command.name) || command.shape === 'end' || command.shape === 'closed' || command.shape === 'none')
      return command
    const next = readCommand(units, text, lower, skipSpace(text, command.end))
    if (next === null) return command
    at = next.start
  }
  return readCommand(units, text, lower, at)
}

const WRAPPERS_MAX = 3

export function isSeparator(code: number): boolean {
  return code === 59 || code === 124 || code === 38
}

/** The word behind a command, as it stands. */
export function argument(text: string, end: number): string {
  const at = skipSpace(text, end)
  let to = at
  while (to < text.length && to < at + 128 && !isSpace(text.charCodeAt(to)) && !isSeparator(text.charCodeAt(to))) to++
  return text.slice(at, to)
}

/** As Unix writes its commands; `B&W` and passwords differ. */
export function isLower(text: string, command: Command): boolean {
  const word = text.slice(command.start, command.end)
  return word === word.toLowerCase()
}

/** As Windows takes them too; `&Vim` is an entry of a menu. */
export function isUpper(text: string, command: Command): boolean {
  const word = text.slice(command.start, command.end)
  return word === word.toUpperCase()
}
