/**
 * The port of everything that recognises a class of attack in one value. The engine scans a value once, decodes it to a fixed
 * point and asks only the detectors whose triggers it met.
 */
import type { FieldHint, Location, ThreatClass } from '../threats.ts'

/** Bits of what a value holds, found by the one scan. */
export const CHARS = {
  quote: 1, // ' " `
  angle: 1 << 1, // < >
  dotdot: 1 << 2, // ..
  slash: 1 << 3, // / \
  semicolon: 1 << 4, // ;
  pipe: 1 << 5, // | &
  dollar: 1 << 6, // $
  brace: 1 << 7, // { }
  bracket: 1 << 8, // [ ]
  paren: 1 << 9, // ( )
  comment: 1 << 10, // -- /* #
  equals: 1 << 11, // = ! ~ ^
  newline: 1 << 12, // CR LF
  colon: 1 << 13, // :
  percent: 1 << 14, // %
  star: 1 << 15, // *
  space: 1 << 16, // blanks
  control: 1 << 17, // NUL and other control characters
  at: 1 << 18, // @
  comma: 1 << 19, // ,
  nonAscii: 1 << 20,
  digit: 1 << 21,
  word: 1 << 22, // a letter
  hash: 1 << 23, // #
  underscore: 1 << 24, // _
} as const

/** One value as a detector sees it. */
export interface Value {
  /** Decoded to the fixed point, or one of the forms on the way there. Never longer than the engine's bound. */
  readonly text: string
  /** `text` in lower case (ASCII only), same length. */
  readonly lower: string
  /** Bits of CHARS. */
  readonly mask: number
  readonly location: Location
  /** Query key, header name (lower case), JSON path (`items.0.name`) … */
  readonly name: string
  readonly hint: FieldHint | null
  /** Rounds of decoding that changed it: 0 as received. */
  readonly rounds: number
  /** Looks like prose, code or markup of many lines rather than a parameter: see the engine. */
  readonly document: boolean
  /** Of the whole request, for what depends on it. */
  readonly method: string
}

/** PROOF blocks alone. One STRONG is told; two of different rules block. WEAK ones never block without a STRONG one. */
export const SCORE = { proof: 100, strong: 60, weak: 20 } as const
/** Sum from which a request is refused, and from which it is told. */
export const BLOCK_AT = 100
export const TELL_AT = 60

export interface Hit {
  readonly class: ThreatClass
  /** Stable and readable: `sqli.tautology`. */
  readonly rule: string
  readonly score: number
  /** Offsets of what matched, in `text`. */
  readonly start: number
  readonly end: number
}

export interface Detector {
  /** Its own name, such as `sql`; one detector may report several classes. */
  readonly name: string
  /** Asked when the value has one of these bits … */
  readonly chars: number
  /** … or holds one of these words (lower case, ≥ 3 characters; anywhere, not only at word borders) … */
  readonly words: readonly string[]
  /** … or needs both. @default 'either' */
  readonly needs?: 'either' | 'both'
  /** Also asked for names of parameters and keys (prototype pollution, operators). @default false */
  readonly names?: boolean
  /** Linear in the length of the value; reports what it finds, strongest first. Never throws. */
  detect(value: Value, report: (hit: Hit) => void): void
}
