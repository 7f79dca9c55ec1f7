import { decodePart } from '../decode/percent.ts'
import type { ValueSink } from './sink.ts'

/** The cookies of one Cookie header (RFC 6265, §5.4); values percent-decoded once, as most frameworks do. */
export function readCookies(header: string, sink: ValueSink): void {
  let start = 0
  while (start < header.length) {
    const semicolon = header.indexOf(';', start)
    const end = semicolon < 0 ? header.length : semicolon
    const cookie = header.slice(start, end)
    const equals = cookie.indexOf('=')
    const name = equals < 0 ? '' : decodePart(cookie.slice(0, equals).trim(), false)
    const value = cookie.slice(equals + 1).trim()
    if (name !== '') sink.key('cookie', name, name)
    if (value !== '') sink.value('cookie', name, decodePart(unquoted(value), false))
    start = end + 1
  }
}

function unquoted(value: string): string {
  const quoted = value.length > 1 && value.charCodeAt(0) === 34 && value.charCodeAt(value.length - 1) === 34
  return quoted ? value.slice(1, -1) : value
}
