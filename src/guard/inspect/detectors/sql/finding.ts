import type { Tokens } from './tokens.ts'

/** What a rule of SQL found; the detector adds the class. */
export interface Finding {
  readonly rule: string
  readonly score: number
  readonly start: number
  readonly end: number
}

/** A finding over the tokens `from` to `to`, both included. */
export function found(tokens: Tokens, rule: string, score: number, from: number, to: number): Finding {
  return { rule, score, start: tokens.start[from]!, end: tokens.stop[Math.max(0, Math.min(to, tokens.count - 1))]! }
}
