export const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const
export type Level = (typeof LEVELS)[number]

/** One line of a service, of the gateway or of control, secrets already taken out. */
export interface LogLine {
  readonly atMs: number
  readonly service: string
  /** Null: the gateway's and control's own. */
  readonly instance: string | null
  readonly release: string | null
  /** Lines that are not JSON are 'info' from stdout and 'error' from stderr. */
  readonly level: Level
  readonly correlationId: string | null
  readonly traceId: string | null
  readonly text: string
}

/** Everything that is given has to hold. */
export interface LogQuery {
  readonly fromMs?: number
  readonly toMs?: number
  readonly service?: string
  readonly instance?: string
  /** This one and those above it. */
  readonly level?: Level
  readonly correlationId?: string
  readonly traceId?: string
  /** Words, each of which the text holds; case does not matter. */
  readonly text?: string
}

/** Newest first. */
export interface LogPage {
  readonly lines: readonly LogLine[]
  /** Where the next page begins; null at the end. Stays true while lines come in. */
  readonly next: string | null
}

/** Lines on one page. */
export const PAGE_LINES_MAX = 1_000

/** Whether a level is this one or above it. */
export function isAtLeast(level: Level, least: Level): boolean {
  return LEVELS.indexOf(level) >= LEVELS.indexOf(least)
}
