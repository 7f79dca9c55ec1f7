import { decodePart } from '../decode/percent.ts'
import type { ValueSink } from './sink.ts'

/** A segment of plain words says nothing that the whole path does not say. */
const PLAIN_SEGMENT = /^[\w.~-]{0,15}$/

/**
 * The path as one value, decoded once, and those of its segments that could be more than a name. Path and query are given as
 * they stand in the request line.
 */
export function readPath(path: string, sink: ValueSink): void {
  sink.value('path', '', decodePart(path, false))
  let start = 1
  for (let number = 0; start < path.length; number++) {
    const slash = path.indexOf('/', start)
    const end = slash < 0 ? path.length : slash
    if (end - start > 15 || !PLAIN_SEGMENT.test(path.slice(start, end))) {
      sink.value('path', String(number), decodePart(path.slice(start, end), false))
    }
    start = end + 1
  }
}

/** Parameters of a query or a form: `a=1&b=2`. Nothing else separates (WHATWG URL, §5). Returns where an incomplete one begins. */
export function readParameters(
  text: string,
  location: 'query' | 'form',
  sink: ValueSink,
  /** Whether the text ends here. */
  final = true,
): number {
  let start = 0
  while (start < text.length) {
    const ampersand = text.indexOf('&', start)
    if (ampersand < 0 && !final) return start
    const end = ampersand < 0 ? text.length : ampersand
    if (end > start) readParameter(text.slice(start, end), location, sink)
    start = end + 1
  }
  return text.length
}

function readParameter(parameter: string, location: 'query' | 'form', sink: ValueSink): void {
  const equals = parameter.indexOf('=')
  const name = decodePart(equals < 0 ? parameter : parameter.slice(0, equals), true)
  sink.key(location, name, name)
  if (equals >= 0) sink.value(location, name, decodePart(parameter.slice(equals + 1), true))
}
