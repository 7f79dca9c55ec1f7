/**
 * Parts of multipart/form-data (RFC 7578). Strict: what another reader might take differently is a fault by name, and the guard
 * judges what it read either way. Files' contents are not judged, their names and header lines are.
 */
import type { MultipartPart } from '../request-detector.ts'
import { VALUE_OVERLAP_CHARS } from './bounds.ts'
import type { ValueSink } from './sink.ts'

/** Bytes of a part's header lines. */
export const PART_HEAD_BYTES_MAX = 8192
/** Parts kept as facts; further ones are read and judged all the same. */
export const PARTS_KEPT_MAX = 128
const CR = 13
const LF = 10

/** The boundary of a Content-Type, null when it has none that RFC 2046 allows. */
export function boundaryOf(contentType: string): string | null {
  const found = [...contentType.matchAll(/;\s*boundary\s*=\s*(?:"([^"]*)"|([^;\s]*))/gi)]
  if (found.length !== 1) return null
  const boundary = found[0]![1] ?? found[0]![2] ?? ''
  return /^[\w'()+,./:=? -]{1,70}$/.test(boundary) && !boundary.endsWith(' ') ? boundary : null
}

export class MultipartReader {
  readonly parts: MultipartPart[] = []
  readonly faults = new Set<string>()
  readonly #sink: ValueSink
  readonly #delimiter: Buffer
  #state: 'preamble' | 'head' | 'content' | 'end' = 'preamble'
  #part: { name: string | null; fileName: string | null; headers: string[]; bytes: number } | null = null
  /** The part is a file by every reading of its head: its content is not judged. */
  #isFile = false
  /** What has been read so far ends a line. */
  #endsLine = true
  /** The first delimiter's line ended as RFC 2046 wants it. */
  #crlf = true

  constructor(boundary: string, sink: ValueSink) {
    this.#delimiter = Buffer.from(`--${boundary}`, 'latin1')
    this.#sink = sink
  }

  /** Reads on. Returns how many bytes are done with; the rest has to be there again, with more behind it. */
  read(bytes: Buffer, final: boolean): number {
    let index = 0
    for (;;) {
      const next = this.#step(bytes, index, final)
      if (next < 0) break
      index = next
    }
    if (final && this.#state !== 'end')
      this.faults.add(this.#state === 'preamble' ? 'multipart.no-part' : 'multipart.no-end')
    return this.#done(bytes, index)
  }

  /** Judges what is held of a part that is too long to be waited for. Returns how many bytes are done with. */
  giveUp(bytes: Buffer): number {
    const keep = this.#delimiter.length + 4
    const end = Math.max(0, bytes.length - keep)
    if (this.#state === 'content') this.#content(bytes, 0, end)
    else this.#sink.value('body', '', bytes.toString('utf8', 0, end))
    const done = Math.max(0, end - VALUE_OVERLAP_CHARS)
    if (this.#part !== null) this.#part.bytes -= end - done
    return this.#done(bytes, done)
  }

  #done(bytes: Buffer, count: number): number {
    if (count > 0) this.#endsLine = bytes[count - 1] === LF
    return count
  }

  #step(bytes: Buffer, from: number, final: boolean): number {
    if (this.#state === 'end') {
      if (final && bytes.subarray(from).toString('latin1').trim() !== '') this.faults.add('multipart.after-end')
      return -1
    }
    if (this.#state === 'head') return this.#head(bytes, from, final)
    const at = delimiterFrom(bytes, this.#delimiter, from, this.#endsLine)
    if (at >= 0) return this.#delimited(bytes, from, at, final)
    if (this.#state === 'preamble') {
      if (final && bytes.length > from) this.#sink.value('body', '', bytes.toString('utf8', from))
      return -1
    }
    if (final) {
      this.#content(bytes, from, bytes.length)
      this.#finish()
      this.#state = 'preamble'
      this.faults.add('multipart.no-end')
      return -1
    }
    return this.#skipFile(bytes, from)
  }

  /** A file's content is let go as it comes; a field's is kept until it is whole. */
  #skipFile(bytes: Buffer, from: number): number {
    const keep = this.#delimiter.length + 4
    if (this.#part === null || !this.#isFile || bytes.length - from <= keep) return -1
    this.#part.bytes += bytes.length - keep - from
    return bytes.length - keep
  }

  #delimited(bytes: Buffer, from: number, at: number, final: boolean): number {
    const after = at + this.#delimiter.length
    if (after + 2 > bytes.length && !final) return this.#state === 'content' ? -1 : from === at ? -1 : at
    if (this.#state === 'content') {
      this.#content(bytes, from, contentEnd(bytes, at))
      this.#finish()
    } else if (bytes.toString('latin1', from, at).trim() !== '') {
      this.faults.add('multipart.preamble')
      this.#sink.value('body', '', bytes.toString('utf8', from, at))
    }
    // Where lines end in CR LF, a lone LF before the delimiter is a border for some readers and content for others.
    if (this.#crlf && at > 1 && bytes[at - 1] === LF && bytes[at - 2] !== CR) this.faults.add('multipart.odd-border')
    if (bytes[after] === 45 && bytes[after + 1] === 45) {
      this.#state = 'end'
      return after + 2
    }
    const line = lineFrom(bytes, after)
    if (line !== after) this.faults.add('multipart.boundary-line')
    if (bytes[after] === LF) {
      this.#crlf = false
      this.faults.add('multipart.bare-lf')
    }
    this.#state = 'head'
    return Math.min(bytes.length, line + (bytes[line] === CR ? 2 : 1))
  }

  #head(bytes: Buffer, from: number, final: boolean): number {
    const end = headEnd(bytes, from)
    if (end < 0 && !final && bytes.length - from < PART_HEAD_BYTES_MAX) return -1
    const stop = end < 0 ? Math.min(bytes.length, from + PART_HEAD_BYTES_MAX) : end
    if (end < 0) this.faults.add('multipart.head')
    const lines = bytes.toString('utf8', from, stop).split(/\r?\n/)
    this.#readHead(lines.filter((line) => line !== ''))
    this.#state = 'content'
    return end < 0 ? stop : bodyFrom(bytes, end)
  }

  #readHead(lines: readonly string[]): void {
    const headers: string[] = []
    let disposition = ''
    for (const line of lines) {
      const colon = line.indexOf(':')
      if (colon <= 0 || /\s/.test(line.slice(0, colon))) this.faults.add('multipart.header-line')
      const name = line.slice(0, Math.max(colon, 0)).trim().toLowerCase()
      const value = line.slice(colon + 1).trim()
      headers.push(name, value)
      if (name === 'content-disposition') {
        if (disposition !== '') this.faults.add('multipart.two-dispositions')
        disposition = value
      } else {
        this.#sink.value('multipart', `:${name}`, value)
      }
    }
    if (disposition === '') this.faults.add('multipart.no-disposition')
    const names = parametersOf(disposition, NAME).map(({ value }) => value)
    const found = parametersOf(disposition, FILE_NAME)
    const fileNames = found.map(({ value }) => value)
    // .NET sends a file's name in both forms.
    const inBothForms = found.length === 2 && found[0]!.extended !== found[1]!.extended
    if (names.length > 1 || (fileNames.length > 1 && !inBothForms)) this.faults.add('multipart.two-names')
    for (const name of names) this.#sink.key('multipart', name, name)
    for (const fileName of fileNames) if (fileName !== '') this.#sink.value('file-name', names[0] ?? '', fileName)
    this.#isFile = isFile(disposition)
    this.#part = { name: names[0] ?? null, fileName: fileNames[0] ?? null, headers, bytes: 0 }
  }

  #content(bytes: Buffer, from: number, end: number): void {
    if (this.#part === null) return
    this.#part.bytes += Math.max(0, end - from)
    if (!this.#isFile && end > from) {
      this.#sink.value('multipart', this.#part.name ?? '', bytes.toString('utf8', from, end))
    }
  }

  #finish(): void {
    if (this.#part !== null && this.parts.length < PARTS_KEPT_MAX) this.parts.push(this.#part)
    this.#part = null
  }
}

/** Where the delimiter stands at the beginning of a line. `begins`: the bytes begin one. */
function delimiterFrom(bytes: Buffer, delimiter: Buffer, from: number, begins: boolean): number {
  let at = bytes.indexOf(delimiter, from)
  while (at >= 0) {
    if (at === 0 ? begins : bytes[at - 1] === LF) return at
    at = bytes.indexOf(delimiter, at + 1)
  }
  return -1
}

function contentEnd(bytes: Buffer, at: number): number {
  const beforeLf = at > 0 && bytes[at - 1] === LF ? at - 1 : at
  return beforeLf > 0 && bytes[beforeLf - 1] === CR ? beforeLf - 1 : beforeLf
}

function lineFrom(bytes: Buffer, from: number): number {
  let index = from
  while (index < bytes.length && bytes[index] !== CR && bytes[index] !== LF) index += 1
  return index
}

/** Where the empty line begins that ends the header lines. */
function headEnd(bytes: Buffer, from: number): number {
  if (bytes[from] === LF || (bytes[from] === CR && bytes[from + 1] === LF)) return from
  const stop = Math.min(bytes.length, from + PART_HEAD_BYTES_MAX)
  for (let index = from; index < stop; index++) {
    if (bytes[index] !== LF) continue
    if (bytes[index + 1] === LF || (bytes[index + 1] === CR && bytes[index + 2] === LF)) return index + 1
  }
  return -1
}

function bodyFrom(bytes: Buffer, empty: number): number {
  return empty + (bytes[empty] === CR ? 2 : 1)
}

const NAME = /[;\s]name(\*?)\s*=\s*(?:"((?:[^"\\]|\\.)*)"?|([^;]*))/gi
const FILE_NAME = /[;\s]filename(\*?)\s*=\s*(?:"((?:[^"\\]|\\.)*)"?|([^;]*))/gi

/** Values of a parameter in a Content-Disposition, quoted or not, `name*=utf-8''…` as well. */
function parametersOf(disposition: string, wanted: RegExp): { readonly value: string; readonly extended: boolean }[] {
  const values: { value: string; extended: boolean }[] = []
  for (const match of disposition.matchAll(wanted)) {
    const value = match[2]?.replaceAll('\\"', '"') ?? (match[3] ?? '').trim()
    const extended = match[1] === '*'
    values.push({ value: extended ? value.replace(/^[\w-]*'[\w-]*'/, '') : value, extended })
  }
  return values
}

/**
 * Whether every reader takes the part for a file: plain grammar, and a file name among the parameters themselves, not inside of
 * another one's quotes. `filename*` alone is unknown to some (RFC 7578 §4.2), and an empty name is no file.
 */
function isFile(disposition: string): boolean {
  if (!DISPOSITION.test(disposition)) return false
  for (const [, name, value] of disposition.matchAll(PARAMETER)) {
    if (name!.toLowerCase() === 'filename') return value !== '' && value !== '""'
  }
  return false
}

const DISPOSITION = /^[\w-]+\s*(?:;\s*[\w*-]+\s*=\s*(?:"(?:[^"\\]|\\.)*"|[^\s;"]+)\s*)*;?$/
const PARAMETER = /;\s*([\w*-]+)\s*=\s*("(?:[^"\\]|\\.)*"|[^\s;"]+)/g
