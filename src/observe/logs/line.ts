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

/** Whether a level is this one or above it. */
export function isAtLeast(level: Level, least: Level): boolean {
  return LEVELS.indexOf(level) >= LEVELS.indexOf(least)
}

/** Whether a line is among those asked for: what the live tail lets through, and what a search has to find. */
export function matchesQuery(line: LogLine, query: LogQuery): boolean {
  const text = line.text.toLowerCase()
  const words = query.text?.toLowerCase().split(/\s+/) ?? []
  return (
    (query.fromMs === undefined || line.atMs >= query.fromMs) &&
    (query.toMs === undefined || line.atMs <= query.toMs) &&
    (query.service === undefined || line.service === query.service) &&
    (query.instance === undefined || line.instance === query.instance) &&
    (query.level === undefined || isAtLeast(line.level, query.level)) &&
    (query.correlationId === undefined || line.correlationId === query.correlationId) &&
    (query.traceId === undefined || line.traceId === query.traceId) &&
    words.every((word) => text.includes(word))
  )
}
