/** What is written to a connection. Nothing that a reader could take for the end of a line, or of a head, gets into one. */
import { STATUS_CODES } from 'node:http'

/** The end of a chunked body, without a trailer. */
export const LAST_CHUNK = '0\r\n\r\n'

/** Somebody asked for a field that may not stand in a head. */
export class FieldError extends Error {
  constructor(name: string) {
    super(`the field ${JSON.stringify(name.slice(0, 64))} cannot be written into a head`)
    this.name = 'FieldError'
  }
}

/** What stands before `length` bytes of data; CR LF stands behind them. A chunk of 0 would be the last one: see LAST_CHUNK. */
export function chunkHead(length: number): string {
  return length.toString(16) + '\r\n'
}

/** A known status has its usual reason, any other none. */
export function statusLine(status: number): string {
  return STATUS_LINES[status] ?? `HTTP/1.1 ${status} \r\n`
}

/**
 * Names and values in turn as the lines of a head, one character a byte.
 * @throws FieldError for a name that is no token, and for a value with a control character or one above 0xff.
 */
export function fieldLines(pairs: readonly string[]): string {
  let lines = ''
  for (let index = 0; index + 1 < pairs.length; index += 2) lines += fieldLine(pairs[index]!, pairs[index + 1]!)
  return lines
}

/** One field: see `fieldLines`. */
export function fieldLine(name: string, value: string): string {
  if (NOT_IN_VALUE.test(value)) throw new FieldError(name)
  return nameOf(name) + value + '\r\n'
}

function nameOf(name: string): string {
  const known = names.get(name)
  if (known !== undefined) return known
  if (NOT_IN_NAME.test(name) || name === '') throw new FieldError(name)
  const text = inOnePiece(name + ': ')
  // A copy: a name that was cut out of a head keeps all of the head.
  if (names.size < NAMES_MAX) names.set(Buffer.from(name, 'latin1').toString('latin1'), text)
  return text
}

/** What a name of up to this many different ones begins its line with: most are written over and over. */
const NAMES_MAX = 512
const names = new Map<string, string>()

/**
 * The same text, no longer a tree of what it was put together from: for what is written into many messages, each of which
 * would have to walk the tree.
 */
export function inOnePiece(text: string): string {
  // Asking for a character is what makes V8 do it; kept, so that nobody finds the question superfluous.
  asked = text.charCodeAt(0)
  return text
}

let asked = 0
void asked

const NOT_IN_NAME = /[^!#$%&'*+\-.^_`|~0-9A-Za-z]/
const NOT_IN_VALUE = /[^\t\x20-\x7e\x80-\xff]/

const STATUS_LINES: readonly (string | undefined)[] = Array.from({ length: 600 }, (_, status) =>
  STATUS_CODES[status] === undefined ? undefined : `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n`,
)
