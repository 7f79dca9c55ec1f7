import { canonicalJson, sha256 } from './canonical-json.ts'
import { messageOf } from './problem.ts'

/** The end of a chain: what its next record builds on. */
export interface ChainHead {
  /** 0 before the first record. */
  readonly sequence: number
  /** Lower-case hex of a SHA-256. */
  readonly hash: string
}

export const CHAIN_START: ChainHead = { sequence: 0, hash: '0'.repeat(64) }

/** A record in its place: `hash` covers the rest, so also `previous`, which is the hash of the record before. */
export type Linked<T> = T & { readonly sequence: number; readonly previous: string; readonly hash: string }

/** The next record of a chain. The content must be plain JSON and hold none of the three names that are added. */
export function linkRecord<T extends object>(content: T, head: ChainHead): Linked<T> {
  const placed = { ...content, sequence: head.sequence + 1, previous: head.hash }
  return { ...placed, hash: sha256(canonicalJson(placed)) }
}

/** A record as it is written: one line, without its newline. Only this text is accepted by `checkRecord`. */
export function recordText(record: object): string {
  return canonicalJson(record)
}

export type Checked =
  | { readonly ok: true; readonly record: Linked<Readonly<Record<string, unknown>>>; readonly head: ChainHead }
  | { readonly ok: false; readonly because: string }

/** Whether a line is the record that follows `head`, exactly as it was written. */
export function checkRecord(line: string, head: ChainHead): Checked {
  const parsed = parseRecord(line)
  if (typeof parsed === 'string') return { ok: false, because: parsed }
  const { hash, ...placed } = parsed
  if (sha256(canonicalJson(placed)) !== hash) return no('its content is not what its hash was taken from')
  if (placed.sequence !== head.sequence + 1)
    return no(`record ${placed.sequence} stands where record ${head.sequence + 1} belongs`)
  if (placed.previous !== head.hash) return no(`it was not written after the record ${head.sequence} that stands there`)
  // Text that means the same is still not what was written.
  if (canonicalJson(parsed) !== line) return no('it was written again in another form')
  return { ok: true, record: parsed, head: { sequence: placed.sequence, hash } }
}

function parseRecord(line: string): Linked<Readonly<Record<string, unknown>>> | string {
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch (error) {
    return `it is no JSON: ${messageOf(error)}`
  }
  const { sequence, previous, hash } = (value ?? {}) as Partial<Linked<object>>
  const isRecord = Number.isSafeInteger(sequence) && typeof previous === 'string' && typeof hash === 'string'
  return isRecord ? (value as Linked<Readonly<Record<string, unknown>>>) : 'it is no record of a chain'
}

function no(because: string): Checked {
  return { ok: false, because }
}
