import { wordsOf } from './words.ts'

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
  /** Words, each of which the text holds as a word; case and what stands between words do not matter. */
  readonly text?: string
}

/** A line as it is kept. */
export interface StoredLine extends LogLine {
  /** Where it stands in the order of all lines: also the cursor of a page that goes on behind it. */
  readonly id: string
}

/** The most lines of one page. */
export const PAGE_LINES_MAX = 1_000

/** Lines in order, the newest first. */
export interface LogPage {
  readonly lines: readonly StoredLine[]
  /** Goes on with older ones; null: there are none. */
  readonly next: string | null
  /** The time was over before everything was looked through: `next` goes on. */
  readonly partial: boolean
}

/** Whether a level is this one or above it. */
export function isAtLeast(level: Level, least: Level): boolean {
  return LEVELS.indexOf(level) >= LEVELS.indexOf(least)
}

/** Whether a line is among those asked for: what the live tail lets through, and what a search has to find. */
export function matchesQuery(line: LogLine, query: LogQuery): boolean {
  const asked = wordsOf(query.text ?? '')
  const words = asked.length === 0 ? null : new Set(wordsOf(line.text))
  return (
    (query.fromMs === undefined || line.atMs >= query.fromMs) &&
    (query.toMs === undefined || line.atMs <= query.toMs) &&
    (query.service === undefined || line.service === query.service) &&
    (query.instance === undefined || line.instance === query.instance) &&
    (query.level === undefined || isAtLeast(line.level, query.level)) &&
    (query.correlationId === undefined || line.correlationId === query.correlationId) &&
    (query.traceId === undefined || line.traceId === query.traceId) &&
    (words === null || asked.every((word) => words.has(word)))
  )
}
