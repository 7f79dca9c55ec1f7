/** Bodies in a content coding (RFC 9110 §8.4): frameworks undo it before anybody reads them, Express by default. */
import { brotliDecompressSync, gunzipSync, inflateSync, zstdDecompressSync } from 'node:zlib'

/** Bytes of a coded body that are waited for, since only the whole is undone. */
export const CODED_BYTES_MAX = 131_072
/** Bytes it may become: what a small body costs stays bounded. */
export const DECODED_BYTES_MAX = 524_288

/** The coding that a Content-Encoding names; null for none. */
export function codingOf(contentEncoding: string | undefined): string | null {
  const coding = contentEncoding?.trim().toLowerCase() ?? ''
  return coding === '' || coding === 'identity' ? null : coding
}

/** The body itself; null where it is too large, broken, or in a coding that is not known, as several at once are. */
export function decoded(coding: string, bytes: Buffer): Buffer | null {
  const undo = CODINGS.get(coding)
  if (undo === undefined || bytes.length > CODED_BYTES_MAX) return null
  try {
    return undo(bytes, { maxOutputLength: DECODED_BYTES_MAX })
  } catch {
    return null
  }
}

type Undo = (bytes: Buffer, options: { maxOutputLength: number }) => Buffer

const CODINGS: ReadonlyMap<string, Undo> = new Map<string, Undo>([
  ['gzip', gunzipSync],
  ['x-gzip', gunzipSync],
  ['deflate', inflateSync],
  ['br', brotliDecompressSync],
  ['zstd', zstdDecompressSync],
])
