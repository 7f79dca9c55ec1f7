/** Random tokens: session ids, digests, base64 of binary data. They hold every short word by accident. */

const TOKEN_CHARS_MIN = 24
const LOOKED_AT_CHARS = 256
/** In base64 of random bytes 64 % of neighbours are of different classes, in hexadecimal 47 %; in words, names and paths below 25 %. */
const CHANGES_SHARE_MIN = 0.34

/** How objects of Java, .NET and Python begin in base64: drawn by no random generator, but written to be read back. */
const SERIALISED = /^(?:rO0AB|AAEAAAD\/{4}|gA[JN][A-Za-z]|gAS[VW])/

/** Whether a value without any separator (the scan's mask says so) looks drawn rather than written. */
export function isToken(text: string): boolean {
  const length = Math.min(text.length, LOOKED_AT_CHARS)
  if (length < TOKEN_CHARS_MIN || SERIALISED.test(text)) return false
  let changes = 0
  let last = 0
  for (let index = 0; index < length; index++) {
    const code = text.charCodeAt(index)
    const cls = code >= 97 ? 1 : code >= 65 ? 2 : code >= 48 && code <= 57 ? 3 : last
    if (cls !== last) changes += 1
    last = cls
  }
  return changes >= length * CHANGES_SHARE_MIN
}

const IMAGE_START = /^data:image\/(?:png|jpe?g|gif|webp|avif|bmp|x-icon|vnd\.microsoft\.icon);base64,/i

/** Whether a value is an image as a data: URI and nothing else. SVG is no such image: it runs scripts. */
export function isImageUri(text: string): boolean {
  const start = IMAGE_START.exec(text)
  return start !== null && /^[\w+/=-]*$/.test(text.slice(start[0].length))
}
