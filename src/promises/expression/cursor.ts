import { refusal, tokensOf, type Token, type TokenKind } from './lexer.ts'

/** What Prometheus has and Seaworthy does not speak, by what it would be read as. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  '%': "the operator '%'",
  '^': "the operator '^'",
  '@': "the modifier '@'",
  atan2: "the operator 'atan2'",
  bool: "the modifier 'bool'",
  group_left: "'group_left' (each series meets exactly one)",
  group_right: "'group_right' (each series meets exactly one)",
  ignoring: "'ignoring' (name the labels with 'on')",
  without: "'without' (name the labels with 'by')",
}

/** Words of PromQL that can name no metric, although they are not spoken here. */
export const OTHERWISE_READ: readonly string[] = Object.keys(ELSEWHERE).filter((word) => /^\w+$/.test(word))

/** A place among the tokens of a PromQL text. */
export class Cursor {
  readonly #text: string
  readonly #tokens: readonly Token[]
  #next = 0

  constructor(text: string) {
    this.#text = text
    this.#tokens = tokensOf(text)
  }

  /** Whether that token is next. */
  is(kind: TokenKind, text?: string): boolean {
    return this.#token.kind === kind && (text === undefined || this.#token.text === text)
  }

  /** Steps over that token if it is next. */
  take(kind: TokenKind, text: string): boolean {
    const is = this.is(kind, text)
    if (is) this.#next += 1
    return is
  }

  advance(): Token {
    const token = this.#token
    this.#next += 1
    return token
  }

  /** @throws Problem when another token is next */
  expect(kind: TokenKind, text?: string): Token {
    if (this.is(kind, text)) return this.advance()
    throw this.unexpected(text === undefined ? NAMES[kind] : `'${text}'`)
  }

  /** To be thrown: the next token is none of what could be there. */
  unexpected(expected: string): Error {
    const { kind, text } = this.#token
    if (kind !== 'text' && ELSEWHERE[text] !== undefined) return this.notSpoken()
    return this.refused(`${kind === 'end' ? 'the expression ends' : `'${text}' stands`} where ${expected} is expected`)
  }

  /** To be thrown: Prometheus knows it, Seaworthy does not. */
  notSpoken(): Error {
    return this.refused(`${ELSEWHERE[this.#token.text] ?? `'${this.#token.text}'`} is not spoken here`)
  }

  refused(why: string): Error {
    return refusal(this.#text, this.#token.at, why)
  }

  refusedAt(at: number, why: string): Error {
    return refusal(this.#text, at, why)
  }

  get #token(): Token {
    return this.#tokens[this.#next]!
  }
}

const NAMES: Readonly<Record<TokenKind, string>> = {
  name: 'a name',
  number: 'a number',
  duration: "a duration such as '5m'",
  text: 'a text in quotes',
  sign: 'a sign',
  end: 'the end',
}
