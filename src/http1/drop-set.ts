/**
 * The fields that are not passed on, compiled so that a head's fields are held against them without cutting their names out:
 * by length and first letter first. `_` counts as `-`: programs that put fields into environment variables cannot tell the
 * two apart, so `X_Forwarded_For` would be a way around dropping `X-Forwarded-For`.
 */
export interface DropSet {
  /** By length of the name: a bit for each first letter (its low five bits) that a member of that length has. */
  readonly letters: Int32Array
  readonly names: ReadonlySet<string>
}

const LENGTH_MAX = 64

/**
 * Meant for one connection only (RFC 9110 §7.6.1), plus `Proxy`, which old CGI programs take for a setting, and the two that
 * whoever passes a message on writes anew: where it goes and how long it is.
 */
const ALWAYS: readonly string[] = [
  'connection',
  'content-length',
  'host',
  'http2-settings',
  'keep-alive',
  'proxy',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]

/**
 * Hop-by-hop fields, Host and Content-Length, and `names` beside them. Compile it once, not per message.
 * @throws RangeError for an empty name and one longer than 63 characters.
 */
export function dropSet(names: Iterable<string> = []): DropSet {
  const letters = new Int32Array(LENGTH_MAX)
  const set = new Set<string>()
  for (const name of [...ALWAYS, ...names]) {
    const plain = plainName(name)
    if (plain.length === 0 || plain.length >= LENGTH_MAX) throw new RangeError(`a field name of ${plain.length} bytes`)
    letters[plain.length]! |= 1 << (plain.charCodeAt(0) & 31)
    set.add(plain)
  }
  return { letters, names: set }
}

/** Whether the name at `text[start, end)` is in the set. */
export function isDropped(set: DropSet, text: string, start: number, end: number): boolean {
  const length = end - start
  if (length >= LENGTH_MAX || (set.letters[length]! & (1 << (text.charCodeAt(start) & 31))) === 0) return false
  return set.names.has(plainName(text.slice(start, end)))
}

/** Lower case, with `-` for `_`. */
export function plainName(name: string): string {
  const lower = name.toLowerCase()
  return lower.includes('_') ? lower.replaceAll('_', '-') : lower
}
