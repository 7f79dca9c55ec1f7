/**
 * Something an operator can fix. Everything else that is thrown is our own bug and keeps its stack.
 * Every code is listed with its cause and cure in docs/errors.md; a test compares.
 */
export class Problem extends Error {
  /** `part.reason`, stable: scripts may match on it. */
  readonly code: string
  /** What to do next. */
  readonly hint: string | undefined
  /** More lines: the single problems of a config, the last lines of a crashed program. */
  readonly details: readonly string[]

  constructor(
    code: string,
    message: string,
    options: { hint?: string; details?: readonly string[]; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? {} : { cause: options.cause })
    this.name = 'Problem'
    this.code = code
    this.hint = options.hint
    this.details = options.details ?? []
  }

  /** The form in which a problem crosses a socket. */
  toJSON(): ProblemJson {
    return { code: this.code, message: this.message, hint: this.hint ?? null, details: this.details }
  }

  static fromJSON(json: ProblemJson): Problem {
    return new Problem(json.code, json.message, {
      ...(json.hint === null ? {} : { hint: json.hint }),
      details: json.details,
    })
  }
}

export interface ProblemJson {
  readonly code: string
  readonly message: string
  readonly hint: string | null
  readonly details: readonly string[]
}

/** The text of whatever was thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown)
}
