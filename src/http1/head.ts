import { isDropped, plainName } from './drop-set.ts'
import type { DropSet } from './drop-set.ts'
import type { Refusal } from './refusal.ts'
import { isAlwaysDropped } from './kinds.ts'

/** More fields than this in a request's head are refused. Browsers send twenty; Node's server takes 2000 and drops the rest. */
export const FIELDS_MAX = 100

/** The same for an answer, whose sender is known, and may set many cookies. */
export const ANSWER_FIELDS_MAX = 250

const FIELDS_AT_FIRST = 24

/**
 * The fields of one head as offsets into its text. Nothing is cut out before somebody asks. The object may be used again for
 * the next head; what was cut out of it stays valid.
 */
export abstract class Head {
  /** It says what the one before said, to the last byte. */
  recurs = false
  /** @internal The reader that remembers what it has read into it. */
  owner: object | null = null
  /** The whole head up to and with the empty line, one character a byte. */
  text = ''
  fieldCount = 0
  /** More are refused. */
  readonly fieldsMax: number
  /** Four a field: start and end of the name, start and end of the value; relative to the beginning of the head. */
  offsets: Int32Array = new Int32Array(FIELDS_AT_FIRST * 4)
  /** What the scanner knows a field to be: a kind of `scan.ts`, 0 for none. */
  kinds: Uint8Array = new Uint8Array(FIELDS_AT_FIRST)
  /** Lower-case names that Connection lists, without `close`, `keep-alive` and `upgrade`. */
  connectionNames: readonly string[] = NO_NAMES

  /** Whether the connection may be used for another message afterwards, as far as this message's sender is concerned. */
  keepAlive = false
  /** -1 when there is none. */
  contentLength = -1
  chunked = false

  constructor(fieldsMax: number) {
    this.fieldsMax = fieldsMax
  }

  /** What a field that matters for framing says; called by the scanner for those in KINDS. */
  abstract note(kind: number, bytes: Uint8Array, start: number, end: number): Refusal | null

  /** @internal */
  grow(): void {
    const larger = new Int32Array(Math.min(this.offsets.length * 2, this.fieldsMax * 4))
    larger.set(this.offsets)
    this.offsets = larger
    const kinds = new Uint8Array(larger.length / 4)
    kinds.set(this.kinds)
    this.kinds = kinds
  }

  /** As received. */
  name(index: number): string {
    return this.text.slice(this.offsets[index * 4], this.offsets[index * 4 + 1])
  }

  /** As received, without the white space around it. */
  value(index: number): string {
    return this.text.slice(this.offsets[index * 4 + 2], this.offsets[index * 4 + 3])
  }

  /** The first value of a field; `lowerName` in lower case. */
  get(lowerName: string): string | undefined {
    const index = this.find(lowerName, 0)
    return index === -1 ? undefined : this.value(index)
  }

  /** Every value of a field, in order. */
  all(lowerName: string): string[] {
    const values: string[] = []
    for (let index = this.find(lowerName, 0); index !== -1; index = this.find(lowerName, index + 1)) {
      values.push(this.value(index))
    }
    return values
  }

  /** All fields as received, with their line ends. */
  get fieldsText(): string {
    return this.fieldCount === 0 ? '' : this.text.slice(this.offsets[0], this.text.length - 2)
  }

  /** Names and values in turn, as received. */
  pairs(): string[] {
    const pairs = Array.from<string>({ length: this.fieldCount * 2 })
    for (let index = 0; index < this.fieldCount; index++) {
      pairs[index * 2] = this.name(index)
      pairs[index * 2 + 1] = this.value(index)
    }
    return pairs
  }

  /**
   * The fields for whoever comes after the next hop, as lines as received: without those in `drop` and
   * without those that Connection names. Lines that are kept next to each other are copied as one.
   * @param start with the line before them: from where on
   * @param alsoKept a kind that is kept, though the rule is to write it anew
   */
  endToEnd(drop: DropSet, start = -1, alsoKept = 0): string {
    const { text, offsets, kinds, fieldCount, connectionNames } = this
    if (fieldCount === 0) return ''
    let kept = ''
    let runStart = start === -1 ? offsets[0]! : start
    for (let index = 0; index < fieldCount; index++) {
      const kind = kinds[index]!
      if (kind !== 0 && kind === alsoKept) continue
      const start = offsets[index * 4]!
      const end = offsets[index * 4 + 1]!
      const dropped = isAlwaysDropped(kind) || isDropped(drop, text, start, end)
      if (!dropped && (connectionNames.length === 0 || !this.#isNamed(start, end))) continue
      if (start > runStart) kept += text.slice(runStart, start)
      runStart = index + 1 < fieldCount ? offsets[index * 4 + 4]! : text.length - 2
    }
    // The last CR LF of the text is the empty line.
    const end = text.length - 2
    return end > runStart ? kept + text.slice(runStart, end) : kept
  }

  #isNamed(start: number, end: number): boolean {
    return this.connectionNames.includes(plainName(this.text.slice(start, end)))
  }

  private find(lowerName: string, from: number): number {
    const { text, offsets, fieldCount } = this
    const first = lowerName.charCodeAt(0)
    for (let index = from; index < fieldCount; index++) {
      const start = offsets[index * 4]!
      if (offsets[index * 4 + 1]! - start !== lowerName.length) continue
      // Letters of either case first; the exact comparison decides.
      if ((text.charCodeAt(start) | 0x20) === (first | 0x20) && isNamed(text, start, lowerName)) return index
    }
    return -1
  }
}

/** Whether a token that is as long as `lowerName` and begins at `start` is the same in letters of either case. */
function isNamed(text: string, start: number, lowerName: string): boolean {
  for (let at = 0; at < lowerName.length; at++) {
    const code = text.charCodeAt(start + at)
    const lower = code >= 0x41 && code <= 0x5a ? code | 0x20 : code
    if (lower !== lowerName.charCodeAt(at)) return false
  }
  return true
}

const NO_NAMES: readonly string[] = []
