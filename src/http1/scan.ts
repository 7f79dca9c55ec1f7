import { CLASSES, COLON, CR, HTAB, isName, LF, SPACE, TOKEN } from './bytes.ts'
import type { Head } from './head.ts'
import { CONNECTION, CONTENT_LENGTH, EXPECT, HOST, TRANSFER_ENCODING, UPGRADE } from './kinds.ts'
import { BAD_FIELD_NAME, BAD_FIELD_VALUE, BAD_LINE_END, FOLDED_LINE, TOO_MANY_FIELDS } from './refusal.ts'
import type { Refusal } from './refusal.ts'

/** What a scan came to, other than an offset. */
export const INCOMPLETE = -1

/**
 * Proves the field lines from `at` on up to the empty line (RFC 9112 §5), and writes where they are into `into`. One pass; nothing
 * is cut out. Of several faults the leftmost is told.
 * @returns the offset behind the empty line, INCOMPLETE, or the fault.
 */
export function scanFields(bytes: Uint8Array, base: number, at: number, to: number, into: Head): number | Refusal {
  let { offsets } = into
  let count = 0
  while (at < to) {
    const nameStart = at
    while (at < to && (CLASSES[bytes[at]!]! & TOKEN) !== 0) at++
    if (at >= to) return INCOMPLETE
    const stop = bytes[at]!
    if (stop !== COLON || at === nameStart) {
      if (stop !== CR || at !== nameStart) return nameFault(bytes, nameStart, at)
      if (at + 1 >= to) return INCOMPLETE
      if (bytes[at + 1] !== LF) return BAD_LINE_END
      into.fieldCount = count
      return at + 2
    }
    const nameEnd = at
    at++
    while (at < to && (bytes[at] === SPACE || bytes[at] === HTAB)) at++
    const valueStart = at
    // Most of a head is this: without the table, of which VALUE is these two comparisons.
    while (at < to && isOfValue(bytes[at]!)) at++
    if (at >= to) return INCOMPLETE
    if (bytes[at] !== CR) return bytes[at] === LF ? BAD_LINE_END : BAD_FIELD_VALUE
    if (at + 1 >= to) return INCOMPLETE
    if (bytes[at + 1] !== LF) return BAD_LINE_END
    let valueEnd = at
    while (valueEnd > valueStart && (bytes[valueEnd - 1] === SPACE || bytes[valueEnd - 1] === HTAB)) valueEnd--
    at += 2

    if (count === into.fieldsMax) return TOO_MANY_FIELDS
    const slot = count * 4
    if (slot === offsets.length) {
      into.grow()
      offsets = into.offsets
    }
    offsets[slot] = nameStart - base
    offsets[slot + 1] = nameEnd - base
    offsets[slot + 2] = valueStart - base
    offsets[slot + 3] = valueEnd - base
    count++

    const kind = kindOf(bytes, nameStart, nameEnd - nameStart)
    into.kinds[count - 1] = kind
    if (kind !== 0) {
      const fault = into.note(kind, bytes, valueStart, valueEnd)
      if (fault !== null) return fault
    }
  }
  return INCOMPLETE
}

function isOfValue(byte: number): boolean {
  return byte >= SPACE ? byte !== DEL : byte === HTAB
}

const DEL = 0x7f

/** Length and first letter rule out nearly every name before any is compared. */
function kindOf(bytes: Uint8Array, start: number, length: number): number {
  switch (length) {
    case 4:
      return (bytes[start]! | 0x20) === H && isName(bytes, start, 'host') ? HOST : 0
    case 6:
      return (bytes[start]! | 0x20) === E && isName(bytes, start, 'expect') ? EXPECT : 0
    case 7:
      return (bytes[start]! | 0x20) === U && isName(bytes, start, 'upgrade') ? UPGRADE : 0
    case 10:
      return (bytes[start]! | 0x20) === C && isName(bytes, start, 'connection') ? CONNECTION : 0
    case 14:
      return (bytes[start]! | 0x20) === C && isName(bytes, start, 'content-length') ? CONTENT_LENGTH : 0
    case 17:
      return (bytes[start]! | 0x20) === T && isName(bytes, start, 'transfer-encoding') ? TRANSFER_ENCODING : 0
    default:
      return 0
  }
}

const C = 0x63
const E = 0x65
const H = 0x68
const T = 0x74
const U = 0x75

function nameFault(bytes: Uint8Array, start: number, at: number): Refusal {
  const byte = bytes[at]!
  if (at === start && (byte === SPACE || byte === HTAB)) return FOLDED_LINE
  return byte === LF || byte === CR ? BAD_LINE_END : BAD_FIELD_NAME
}
