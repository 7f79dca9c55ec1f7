/** Where in a value an operator or statement stands: what an injection needs before it. */
import type { Tokens } from './tokens.ts'
import { T } from './tokens.ts'

export const PLACE = {
  /** In the middle of something, like a word in a sentence. */
  within: 0,
  /** After a string that was both opened and closed in the value. */
  afterString: 1,
  /** After the one number or word that the value begins with, and closing brackets. */
  afterFirst: 2,
  /** At the very start, or after nothing but closing brackets. */
  start: 3,
  /** After a quote that ends a string the value did not open. */
  broken: 4,
} as const

const BRACKETS_MAX = 12

/** The place of the token at `index`. */
export function placeOf(tokens: Tokens, index: number): number {
  const { kind, detail } = tokens
  let at = index - 1
  const bound = Math.max(0, index - BRACKETS_MAX)
  // Past what a payload closes or leaves between the break and its operator.
  while (at >= bound && (kind[at] === T.close || kind[at] === T.semicolon || kind[at] === T.comma)) at--
  if (at < 0) return tokens.first ? PLACE.start : PLACE.within
  if (kind[at] === T.quote) {
    // Backticks enclose names; prose and Markdown use them for code.
    if (detail[at] === 0 || tokens.units[tokens.start[at]!] === 96) return PLACE.within
    if (detail[at] === 1) return PLACE.broken
    return at === 1 && kind[0] === T.quote ? PLACE.broken : PLACE.afterString
  }
  if (
    tokens.first &&
    (kind[at] === T.number || kind[at] === T.word || kind[at] === T.star || kind[at] === T.oddNumber)
  ) {
    if (at === 0) return PLACE.afterFirst
    if (at === 1 && kind[0] === T.arithmetic) return PLACE.afterFirst
  }
  return PLACE.within
}

/** Whether the value is over at `index`, or what follows is commented out. */
export function endsAt(tokens: Tokens, index: number): boolean {
  const { kind } = tokens
  let at = index
  const bound = Math.min(tokens.count, index + BRACKETS_MAX)
  while (at < bound && (kind[at] === T.close || kind[at] === T.semicolon)) at++
  return kind[at] === T.end || kind[at] === T.comment
}

/** Whether what follows at `index` is commented out. */
export function commentedAt(tokens: Tokens, index: number): boolean {
  const { kind } = tokens
  let at = index
  const bound = Math.min(tokens.count, index + BRACKETS_MAX)
  while (at < bound && (kind[at] === T.close || kind[at] === T.semicolon || kind[at] === T.quote)) at++
  return kind[at] === T.comment
}

/** The next token, past a `+` that stands for a blank everywhere but in a path. */
export function after(tokens: Tokens, index: number): number {
  return !tokens.path && tokens.kind[index + 1] === T.arithmetic && tokens.detail[index + 1] === 43
    ? index + 2
    : index + 1
}

/** Whether nothing but signs follows the comment at `index`. */
export function isLastComment(tokens: Tokens, index: number): boolean {
  const { kind } = tokens
  return kind[index + 1] === T.end || (kind[index + 1] === T.arithmetic && kind[index + 2] === T.end)
}
