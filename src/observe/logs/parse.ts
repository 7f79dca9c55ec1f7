import { stripVTControlCharacters } from 'node:util'
import type { Level } from './line.ts'
import { levelOf, severityLevel, textLevel } from './level.ts'
import { timeOf, textTime } from './time.ts'

/** What a record says of itself. */
export interface Parsed {
  /** Null: it carries no time of its own. */
  readonly atMs: number | null
  readonly level: Level
  readonly correlationId: string | null
  readonly traceId: string | null
  /** Null, unless it is an access line of the gateway. */
  readonly release: string | null
  readonly text: string
}

/** Ids come from clients: a longer one is cut. */
const ID_LENGTH_MAX = 128

type Fields = Readonly<Record<string, unknown>>

const CORRELATIONS = [
  'correlationId',
  'correlation_id',
  'correlation',
  'requestId',
  'request_id',
  'reqId',
  'req_id',
  'id',
]
const TRACES = ['traceId', 'trace', 'trace_id', 'TraceId', 'trace.id', 'dd.trace_id']
const TIMES = ['time', 'timestamp', 'ts', '@timestamp', 'Timestamp', 'timeUnixNano', 'datetime', 'date']
const LEVEL_FIELDS = ['level', 'severity', 'SeverityText', 'severityText', 'levelname', 'log.level', 'lvl']
const MESSAGES = ['message', 'msg', 'event', 'body', 'Body']
const HIDDEN = new Set([
  ...CORRELATIONS.slice(0, -1),
  ...TRACES,
  ...TIMES,
  ...LEVEL_FIELDS,
  'SeverityNumber',
  'severityNumber',
  'observedTimeUnixNano',
  'traceparent',
  'pid',
  'hostname',
  'part',
  'v',
])

/**
 * Reads what a program has written about one event: JSON as pino, bunyan, OpenTelemetry, zap, slog, winston and structlog
 * write it, or text; lines that follow the first (a stack trace) belong to it. Secrets must be out already.
 */
export function parseRecord(record: string): Parsed {
  const clean = stripAnsi(record)
  const end = clean.indexOf('\n')
  const first = end === -1 ? clean : clean.slice(0, end)
  const fields = first.startsWith('{') ? parseJson(first) : null
  if (fields === null) {
    return {
      atMs: textTime(first),
      level: textLevel(clean),
      correlationId: idIn(first, CORRELATION_TEXT),
      traceId: traceIn(first),
      release: null,
      text: clean.trimEnd(),
    }
  }
  const isAccess = fields['part'] === 'access' && typeof fields['status'] === 'number'
  const text = saidIn(fields, isAccess)
  return {
    atMs: firstOf(TIMES, (name) => timeOf(fields[name])),
    level:
      severityLevel(fields['SeverityNumber'] ?? fields['severityNumber']) ??
      levelOf(firstOf(LEVEL_FIELDS, (name) => fields[name])),
    correlationId: firstOf(CORRELATIONS, (name) => idOf(fields[name])),
    traceId: traceOf(fields),
    release: isAccess && typeof fields['release'] === 'string' ? fields['release'] : null,
    text: (text === '' ? first : text) + (end === -1 ? '' : clean.slice(end).trimEnd()),
  }
}

function parseJson(line: string): Fields | null {
  try {
    const value = JSON.parse(line) as unknown
    return typeof value === 'object' && value !== null ? (value as Fields) : null
  } catch {
    return null
  }
}

/** Empty: the line has to speak for itself. What is nested too deeply to be written out must not stop who reads it. */
function saidIn(fields: Fields, isAccess: boolean): string {
  try {
    return isAccess ? accessText(fields) : describe(fields)
  } catch (error) {
    if (error instanceof RangeError) return ''
    throw error
  }
}

/** `GET /api/orders 200 3.1 ms`, then who answered. */
function accessText(fields: Fields): string {
  const { method, path, status, durationMs, service, instance, bytes, client, heldMs, aborted } = fields
  const rest = Object.entries({ service, instance, bytes, client, heldMs, aborted })
    .filter(([, value]) => value !== undefined && value !== null)
    .map(([name, value]) => `${name}=${show(value)}`)
  return [method, path, status, durationMs, 'ms', ...rest].map(show).join(' ')
}

function describe(fields: Fields): string {
  const said = MESSAGES.find((name) => messageOf(fields[name]) !== null)
  const rest = Object.entries(fields)
    .filter(([name, value]) => name !== said && !HIDDEN.has(name) && value !== null && value !== undefined)
    .map(([name, value]) => (stackOf(value) === null ? `${name}=${show(value)}` : `${name}=${stackOf(value)}`))
  return [said === undefined ? '' : messageOf(fields[said])!, ...rest].filter((text) => text !== '').join(' ')
}

/** OpenTelemetry wraps values: `{ "stringValue": "…" }`. */
function messageOf(value: unknown): string | null {
  if (typeof value === 'string') return value
  const held = typeof value === 'object' && value !== null ? (value as Fields)['stringValue'] : undefined
  return typeof held === 'string' ? held : null
}

/** An error as pino and bunyan write it: the stack, with its lines as lines. */
function stackOf(value: unknown): string | null {
  const stack = typeof value === 'object' && value !== null ? (value as Fields)['stack'] : undefined
  return typeof stack === 'string' ? stack : null
}

function show(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '')
}

function traceOf(fields: Fields): string | null {
  const own = firstOf(TRACES, (name) => {
    const value = fields[name]
    return typeof value === 'string' && TRACE.test(value) ? value.toLowerCase() : null
  })
  const parent = fields['traceparent']
  return own ?? (typeof parent === 'string' ? traceIn(parent) : null)
}

const TRACE = /^(?!0{32})[0-9a-f]{32}$/i
const CORRELATION_TEXT = /\b(?:correlation[-_ ]?id|request[-_ ]?id)["']?[=: ]+["']?([\w.:/+=-]{1,128})/i

function traceIn(text: string): string | null {
  const found = /\b00-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}\b|\btrace[-_]?id["']?[=: ]+["']?([0-9a-f]{32})\b/i.exec(
    text,
  )
  const id = (found?.[1] ?? found?.[2] ?? '').toLowerCase()
  return TRACE.test(id) ? id : null
}

function idIn(text: string, pattern: RegExp): string | null {
  return pattern.exec(text)?.[1] ?? null
}

function idOf(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value.slice(0, ID_LENGTH_MAX) : null
}

function firstOf<T>(names: readonly string[], read: (name: string) => T | null | undefined): T | null {
  for (const name of names) {
    const value = read(name)
    if (value !== null && value !== undefined) return value
  }
  return null
}

/** Colours and cursor movements, and other control characters but the tab and the end of a line. */
function stripAnsi(text: string): string {
  return CONTROLS.test(text) ? stripVTControlCharacters(text).replaceAll(EVERY_CONTROL, '') : text
}

const CONTROLS = /[^\P{Cc}\n\t]/u
const EVERY_CONTROL = new RegExp(CONTROLS, 'gu')
