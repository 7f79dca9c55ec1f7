/** Below it the coding saves nothing that a packet would notice (and nginx, CDNs and the catalogue agree). */
export const COMPRESS_FROM_BYTES = 1024

/** The first value of a field of the answer, by its name in lower case. */
export type FieldGetter = (lowerName: string) => string | undefined

/** What compressing an answer would mean. An answer of unknown length is taken to be large. */
export function eligibility(status: number, get: FieldGetter, length: number | null): 'never' | 'small' | 'yes' {
  if (status < 200 || status === 204 || status === 205 || status === 206 || status === 304) return 'never'
  // Looked at first: most answers end here.
  if (length !== null && length < COMPRESS_FROM_BYTES) return 'small'
  if (!isCompressible(get('content-type') ?? '')) return 'never'
  const coding = get('content-encoding')
  if (coding !== undefined && coding.trim().toLowerCase() !== 'identity') return 'never'
  if (get('content-range') !== undefined) return 'never'
  return NO_TRANSFORM.test(get('cache-control') ?? '') ? 'never' : 'yes'
}

/** An event stream is read as it comes and holds small events. */
function isCompressible(type: string): boolean {
  const essence = type.split(';', 1)[0]!.trim().toLowerCase()
  if (essence === 'text/event-stream') return false
  return essence.startsWith('text/') || COMPRESSIBLE.test(essence)
}

const COMPRESSIBLE =
  /^(?:application\/(?:json|javascript|xml|wasm|manifest\+json|x-javascript|x-ndjson|graphql|rtf|vnd\.ms-fontobject|[a-z0-9.-]+\+(?:json|xml|text))|image\/(?:svg\+xml|bmp|x-icon|vnd\.microsoft\.icon)|font\/(?:ttf|otf|collection)|multipart\/related)$/
const NO_TRANSFORM = /\bno-transform\b/i
