/** What a request shows to prove who asks. */
export type Credential =
  | { readonly kind: 'key'; readonly text: string }
  | { readonly kind: 'token'; readonly text: string }

/**
 * `X-API-Key: <key>`, `Authorization: Bearer <key or token>`; null for neither. Three parts between dots are a token (RFC 7515
 * §3.1). Two credentials that differ are `ambiguous`: somebody in between might believe the other one.
 */
export function credentialOf(headers: readonly string[]): Credential | 'ambiguous' | null {
  let found: Credential | null = null
  for (let index = 0; index < headers.length; index += 2) {
    const name = headers[index]!
    let text: string | null = null
    if (name.length === 9 && name.toLowerCase() === 'x-api-key') text = headers[index + 1]!.trim()
    else if (name.length === 13 && name.toLowerCase() === 'authorization') text = bearerOf(headers[index + 1]!)
    if (text === null || text === '') continue
    if (found !== null && found.text !== text) return 'ambiguous'
    found = { kind: TOKEN.test(text) ? 'token' : 'key', text }
  }
  return found
}

/** Other schemes are the app's own. */
function bearerOf(value: string): string | null {
  return value.slice(0, 7).toLowerCase() === 'bearer ' ? value.slice(7).trim() : null
}

const TOKEN = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/
