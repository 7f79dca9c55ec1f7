/** What a byte may be part of: one table of 256 classes, so that a scan costs one look-up a byte. */

/** `token` of RFC 9110 §5.6.2: methods and field names. */
export const TOKEN = 1
/** Field values: HTAB, SP, VCHAR and obs-text (RFC 9110 §5.5). */
export const VALUE = 2
/** Request targets: what is visible in ASCII, but `#`. Wider than RFC 3986, whose rest is often sent unescaped and harmless. */
export const TARGET = 4

export const HTAB = 0x09
export const LF = 0x0a
export const CR = 0x0d
export const SPACE = 0x20
export const COLON = 0x3a

export const CLASSES: Uint8Array = classes()

/**
 * Whether `lower`, a name in lower case, stands at `start`; letters of either case are equal. The bytes there have been proven to be no
 * controls: then no other pair of bytes differs in this one bit alone.
 */
export function isName(bytes: Uint8Array, start: number, lower: string): boolean {
  for (let index = 0; index < lower.length; index++) {
    if ((bytes[start + index]! | 0x20) !== lower.charCodeAt(index)) return false
  }
  return true
}

function classes(): Uint8Array {
  const table = new Uint8Array(256)
  for (let byte = 0; byte < 256; byte++) {
    const character = String.fromCharCode(byte)
    if (/[!#$%&'*+\-.^_`|~0-9A-Za-z]/.test(character)) table[byte]! |= TOKEN
    if (byte === HTAB || (byte >= SPACE && byte !== 0x7f)) table[byte]! |= VALUE
    if (byte > SPACE && byte < 0x7f && character !== '#') table[byte]! |= TARGET
  }
  return table
}
