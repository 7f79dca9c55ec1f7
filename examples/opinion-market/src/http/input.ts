/** The border: what a client sent becomes a value of a known shape, or a 400 that says what is wrong with it. */
import type { IncomingMessage } from 'node:http'
import { badRequest, Refusal } from '../refusal.ts'

const BODY_BYTES_MAX = 64 * 1024
/** A body's nesting is bounded by its size; the deepest value read here is the object itself. */
export type Body = Readonly<Record<string, unknown>>

/** Reads a JSON object. Throws 413 for a large one and 400 for anything that is not one. */
export async function readBody(request: IncomingMessage): Promise<Body> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > BODY_BYTES_MAX)
      throw new Refusal(413, 'request.large', `the body is larger than ${BODY_BYTES_MAX} bytes`)
    chunks.push(chunk)
  }
  let value: unknown
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks)))
  } catch {
    throw badRequest('the body is not JSON in UTF-8')
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw badRequest('the body is not a JSON object')
  return value as Body
}

/** A text without control characters, trimmed, of 1 to `lengthMax` characters. */
export function textIn(body: Body, field: string, lengthMax: number): string {
  const value = body[field]
  const text = typeof value === 'string' ? value.trim().normalize('NFC') : ''
  if (text === '' || text.length > lengthMax || /\p{Cc}|\p{Cs}/u.test(text)) {
    throw badRequest(`${field}: expected a text of 1 to ${lengthMax} characters without control characters`)
  }
  return text
}

/** A whole number from `min` to `max`. */
export function wholeIn(body: Body, field: string, { min, max }: { min: number; max: number }): number {
  const value = body[field]
  if (typeof value !== 'number' || !Number.isInteger(value) || value < min || value > max) {
    throw badRequest(`${field}: expected a whole number from ${min} to ${max}`)
  }
  return value
}

/** One of a few words. */
export function oneOf<Word extends string>(body: Body, field: string, words: readonly Word[]): Word {
  const found = words.find((word) => word === body[field])
  if (found === undefined) throw badRequest(`${field}: expected one of ${words.join(', ')}`)
  return found
}

/** A number that came in a path or a query. */
export function wholeFrom(text: string, name: string): number {
  if (!/^\d{1,15}$/.test(text)) throw badRequest(`${name}: expected a whole number`)
  return Number(text)
}

/** The token after `Authorization: Bearer`. */
export function bearerOf(request: IncomingMessage): string | undefined {
  return /^Bearer ([\w~+/.=-]{1,512})$/i.exec(request.headers.authorization ?? '')?.[1]
}

/** Throws a 400 without it: a trade that cannot be asked for again safely is not accepted at all. */
export function idempotencyKeyOf(value: string | string[] | null | undefined): string {
  if (typeof value !== 'string' || !/^[\x21-\x7e]{1,128}$/.test(value)) {
    throw badRequest('Idempotency-Key: expected 1 to 128 visible ASCII characters')
  }
  return value
}
