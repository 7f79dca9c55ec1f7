import { headerOf } from '../exchange.ts'
import type { HeaderList } from '../exchange.ts'

/** Below it the coding saves nothing that a packet would notice (and nginx, CDNs and the catalogue agree). */
export const COMPRESS_FROM_BYTES = 1024

/**
 * What compressing an answer would mean. `never`: it is no answer of this kind. `small`: it would be, were it larger, so that
 * caches have to know that the field matters. An answer of unknown length is taken to be large.
 */
export function eligibility(status: number, headers: HeaderList, length: number | null): 'never' | 'small' | 'yes' {
  if (status < 200 || status === 204 || status === 205 || status === 206 || status === 304) return 'never'
  let type = ''
  for (let index = 0; index < headers.length; index += 2) {
    const name = headers[index]!
    switch (name.length) {
      case 12:
        if (name.toLowerCase() === 'content-type') type = headers[index + 1]!
        break
      case 13:
        if (name.toLowerCase() === 'content-range') return 'never'
        if (name.toLowerCase() === 'cache-control' && /\bno-transform\b/i.test(headers[index + 1]!)) return 'never'
        break
      case 16:
        if (name.toLowerCase() === 'content-encoding' && headers[index + 1]!.trim().toLowerCase() !== 'identity')
          return 'never'
        break
    }
  }
  if (!isCompressible(type)) return 'never'
  return length !== null && length < COMPRESS_FROM_BYTES ? 'small' : 'yes'
}

/** Null: unknown. */
export function lengthOf(headers: HeaderList): number | null {
  const text = headerOf(headers, 'content-length')
  return text === undefined ? null : Number(text)
}

/** An event stream is read as it comes and holds small events. */
function isCompressible(type: string): boolean {
  const essence = type.split(';', 1)[0]!.trim().toLowerCase()
  if (essence === 'text/event-stream') return false
  return essence.startsWith('text/') || COMPRESSIBLE.test(essence)
}

const COMPRESSIBLE =
  /^(?:application\/(?:json|javascript|xml|wasm|manifest\+json|x-javascript|x-ndjson|graphql|rtf|vnd\.ms-fontobject|[a-z0-9.-]+\+(?:json|xml|text))|image\/(?:svg\+xml|bmp|x-icon|vnd\.microsoft\.icon)|font\/(?:ttf|otf|collection)|multipart\/related)$/
