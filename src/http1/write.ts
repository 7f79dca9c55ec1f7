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
  for (let index = 0; index + 1 < pairs.length; index += 2) {
    const name = pairs[index]!
    const value = pairs[index + 1]!
    if (NOT_IN_NAME.test(name) || name === '' || NOT_IN_VALUE.test(value)) throw new FieldError(name)
    lines += name + ': ' + value + '\r\n'
  }
  return lines
}

const NOT_IN_NAME = /[^!#$%&'*+\-.^_`|~0-9A-Za-z]/
const NOT_IN_VALUE = /[^\t\x20-\x7e\x80-\xff]/

const STATUS_LINES: readonly (string | undefined)[] = Array.from({ length: 600 }, (_, status) =>
  STATUS_CODES[status] === undefined ? undefined : `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n`,
)
