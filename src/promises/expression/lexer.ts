import { Problem } from '../../core/problem.ts'

export type TokenKind = 'name' | 'number' | 'duration' | 'text' | 'sign' | 'end'

export interface Token {
  readonly kind: TokenKind
  /** As it stands there; of a text, what stands between its quotes, unescaped. */
  readonly text: string
  /** From 0. */
  readonly at: number
}

/** An expression longer than this was not written by a person. */
export const EXPRESSION_LENGTH_MAX = 10_000

const PATTERNS: readonly (readonly [kind: TokenKind | null, pattern: RegExp])[] = [
  [null, /\s+|#[^\n]*/y],
  ['duration', /(?:\d+(?:ms|[smhdwy]))+(?![\w.])/y],
  ['number', /(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?(?![\w.])|0x[\da-f]+|(?:inf|nan)\b/iy],
  ['name', /[a-zA-Z_:][\w:]*/y],
  ['text', /"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`[^`]*`/y],
  ['sign', /=~|!~|==|!=|>=|<=|[-+*/%^(){}[\],=<>@:]/y],
]

/**
 * The tokens of a PromQL text, the last of them `end`.
 * @throws Problem `promise.expression` at what is no token
 */
export function tokensOf(text: string): readonly Token[] {
  if (text.length > EXPRESSION_LENGTH_MAX) {
    throw new Problem(
      'promise.expression',
      `the expression has ${text.length} characters; ${EXPRESSION_LENGTH_MAX} is the most`,
    )
  }
  const tokens: Token[] = []
  let at = 0
  while (at < text.length) {
    const [kind, found] = tokenAt(text, at)
    if (kind !== null) tokens.push({ kind, text: kind === 'text' ? unquoted(found, text, at) : found, at })
    at += found.length
  }
  return [...tokens, { kind: 'end', text: '', at: text.length }]
}

function tokenAt(text: string, at: number): readonly [kind: TokenKind | null, found: string] {
  for (const [kind, pattern] of PATTERNS) {
    pattern.lastIndex = at
    const [found = ''] = pattern.exec(text) ?? []
    if (found !== '') return [kind, found]
  }
  throw refusal(text, at, `'${text[at]}' is not expected here`)
}

const ESCAPES: Readonly<Record<string, string>> = {
  n: '\n',
  t: '\t',
  r: '\r',
  a: '\u0007',
  b: '\b',
  f: '\f',
  v: '\v',
  '\\': '\\',
  '"': '"',
  "'": "'",
}

function unquoted(quoted: string, text: string, at: number): string {
  const inner = quoted.slice(1, -1)
  if (quoted.startsWith('`')) return inner
  return inner.replaceAll(/\\(.)/g, (_, letter: string) => {
    const meant = ESCAPES[letter]
    if (meant === undefined)
      throw refusal(text, at, `'\\${letter}' in a text means nothing; a backslash is written '\\\\'`)
    return meant
  })
}

/** The refusal of a text, with the place in it. */
export function refusal(text: string, at: number, why: string): Problem {
  const before = text.slice(0, at).split('\n')
  const line = before.length
  const column = before.at(-1)!.length + 1
  const shown = text.split('\n')[line - 1]!
  // A window of the line, so that a long one still shows its place.
  const from = Math.max(0, column - 61)
  return new Problem('promise.expression', `${line === 1 ? '' : `line ${line}, `}column ${column}: ${why}`, {
    hint: 'What Seaworthy understands of PromQL: docs/guides/metrics.md.',
    details: [shown.slice(from, from + 120), `${' '.repeat(column - 1 - from)}^`],
  })
}
