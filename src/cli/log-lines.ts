import { LEVELS, type Level } from '../core/logger.ts'
import { sourceOf } from '../observe/logs/source.ts'
import { wordsOf } from '../observe/logs/words.ts'

/** One line of an output file, as far as it can be understood. */
export interface LogLine {
  /** Milliseconds since the epoch: the line's own time, else that of the line before it, else when it was read. */
  readonly at: number
  readonly source: string
  readonly level: Level | null
  readonly correlation: string | null
  /** What a person reads; the whole line where it is no JSON. */
  readonly message: string
  readonly raw: string
}

export interface LogFilter {
  readonly service?: string
  readonly instance?: string
  readonly level?: Level
  readonly since?: number
  readonly until?: number
  readonly correlation?: string
  readonly trace?: string
  /** Words, each of which the line holds. */
  readonly text?: string
}

const PINO_LEVELS: Readonly<Record<number, Level>> = {
  10: 'debug',
  20: 'debug',
  30: 'info',
  40: 'warn',
  50: 'error',
  60: 'error',
}
const ID_FIELDS = ['correlationId', 'correlation_id', 'correlation', 'id', 'requestId', 'request_id', 'reqId']

/** Reads a line in whatever form its program writes: JSON with the usual names, or text. */
export function parseLine(raw: string, source: string, fallbackAt: number): LogLine {
  const fields = raw.startsWith('{') ? parseJson(raw) : null
  if (fields === null)
    return { at: textTime(raw) ?? fallbackAt, source, level: textLevel(raw), correlation: null, message: raw, raw }
  const id = ID_FIELDS.map((name) => fields[name]).find((value) => typeof value === 'string')
  return {
    at: timeOf(fields['time'] ?? fields['timestamp'] ?? fields['ts'] ?? fields['@timestamp']) ?? fallbackAt,
    source,
    level: levelOf(fields['level'] ?? fields['severity']),
    correlation: typeof id === 'string' ? id : null,
    message: describe(fields, raw),
    raw,
  }
}

export function matches(line: LogLine, filter: LogFilter): boolean {
  const { service, instance, level, since, until, correlation, trace, text } = filter
  if (service !== undefined && serviceOf(line.source) !== service) return false
  if (instance !== undefined && line.source !== instance) return false
  if (level !== undefined && LEVELS.indexOf(line.level ?? 'info') < LEVELS.indexOf(level)) return false
  if (since !== undefined && line.at < since) return false
  if (until !== undefined && line.at > until) return false
  if (trace !== undefined && !line.raw.includes(trace)) return false
  if (text !== undefined && !holds(line.raw, text)) return false
  return correlation === undefined || line.correlation === correlation || line.raw.includes(correlation)
}

/** `api@7-3fa9c1d2-1` → api, `gateway-1` → gateway, `build:api@7-3fa9c1d2` → api, `need-db` → db, `hook:after:d7@7-3fa9c1d2` → hook. */
export function serviceOf(source: string): string {
  return sourceOf(source).service
}

function holds(raw: string, text: string): boolean {
  const words = new Set(wordsOf(raw))
  return wordsOf(text).every((word) => words.has(word))
}

function parseJson(raw: string): Record<string, unknown> | null {
  try {
    const value = JSON.parse(raw) as unknown
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null
  } catch {
    return null
  }
}

function describe(fields: Record<string, unknown>, raw: string): string {
  const message = fields['message'] ?? fields['msg']
  const hidden = new Set([
    'time',
    'timestamp',
    'ts',
    '@timestamp',
    'level',
    'severity',
    'message',
    'msg',
    'pid',
    'hostname',
    'part',
  ])
  const rest = Object.entries(fields)
    .filter(([name]) => !hidden.has(name))
    .map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
  if (typeof message !== 'string' && rest.length === 0) return raw
  return [typeof message === 'string' ? message : '', ...rest].filter((text) => text !== '').join(' ')
}

function timeOf(value: unknown): number | null {
  if (typeof value === 'number') return value > 1e14 ? value / 1e6 : value > 1e11 ? value : value * 1000
  if (typeof value !== 'string') return null
  const at = Date.parse(value)
  return Number.isNaN(at) ? null : at
}

function textTime(raw: string): number | null {
  const stamp = /^\[?(\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?)/.exec(raw)?.[1]
  return stamp === undefined ? null : timeOf(stamp.replace(',', '.'))
}

function levelOf(value: unknown): Level | null {
  if (typeof value === 'number') return PINO_LEVELS[value] ?? null
  if (typeof value !== 'string') return null
  return textLevel(value)
}

function textLevel(text: string): Level | null {
  const found = /\b(debug|trace|info|notice|warn(?:ing)?|err(?:or)?|fatal|critical|panic)\b/i
    .exec(text.slice(0, 200))?.[1]
    ?.toLowerCase()
  if (found === undefined) return null
  if (found === 'debug' || found === 'trace') return 'debug'
  if (found === 'info' || found === 'notice') return 'info'
  return found.startsWith('warn') ? 'warn' : 'error'
}
