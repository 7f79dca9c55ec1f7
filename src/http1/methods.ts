/**
 * The methods that are known: those of RFC 9110 but CONNECT, PATCH, those of WebDAV and its companions, QUERY, and the caches' PURGE.
 * Any other is refused, because nobody can say what it means to repeat or to remember it.
 */
const METHODS: readonly string[] = [
  'GET',
  'POST',
  'HEAD',
  'PUT',
  'DELETE',
  'PATCH',
  'OPTIONS',
  'TRACE',
  'QUERY',
  'COPY',
  'LOCK',
  'MKCOL',
  'MOVE',
  'PROPFIND',
  'PROPPATCH',
  'PURGE',
  'REPORT',
  'SEARCH',
  'UNLOCK',
]

const BY_LENGTH: readonly (readonly string[])[] = Array.from({ length: 10 }, (_, length) =>
  METHODS.filter((method) => method.length === length),
)

/** The method at `bytes[start, end)`, one string for each; null when it is not known. Methods are case-sensitive. */
export function methodOf(bytes: Uint8Array, start: number, end: number): string | null {
  const candidates = BY_LENGTH[end - start]
  if (candidates === undefined) return null
  for (const method of candidates) {
    let index = 0
    while (index < method.length && bytes[start + index] === method.charCodeAt(index)) index++
    if (index === method.length) return method
  }
  return null
}

/** Whether a method that was cut out by somebody else is known. */
export function isMethod(method: string): boolean {
  return METHODS.includes(method)
}
