import { StringDecoder } from 'node:string_decoder'
import type { BodyFacts, BodyFormat } from '../request-detector.ts'
import { looksLikeGraphql, readGraphql } from './graphql.ts'
import { JsonReader } from './json.ts'
import { MultipartReader, boundaryOf } from './multipart.ts'
import { VALUE_OVERLAP_CHARS } from './bounds.ts'
import type { ValueSink } from './sink.ts'
import { readParameters } from './target.ts'
import { XmlReader } from './xml.ts'

/** Bytes of one value that are waited for before it is judged in parts. */
export const UNIT_BYTES_MAX = 65_536
/** Characters of a form field's name that its later pieces still have. */
const NAME_CHARS_MAX = 256

/** Reads a body as it comes. */
export interface BodyReader {
  /** The next bytes of it, in any portions. */
  write(bytes: Buffer): void
  /** Nothing follows. */
  end(): void
  readonly facts: BodyFacts
  /** The GraphQL document, when the body is one as a whole. */
  readonly document: string | null
}

/**
 * Chooses a reader by the Content-Type, and by the first bytes where that says nothing of the kind.
 *
 * @param contentType  The header's value, '' for none.
 * @param first  The first bytes that there are.
 */
export function createBodyReader(contentType: string, first: Buffer, sink: ValueSink): BodyReader {
  const type = contentType.split(';', 1)[0]!.trim().toLowerCase()
  const charset = charsetOf(contentType, first)
  if (type.startsWith('multipart/')) {
    const boundary = boundaryOf(contentType)
    if (boundary !== null) return new MultipartBody(boundary, sink)
  }
  const format = formatOf(type, first)
  if (format === 'binary') return new BinaryBody()
  const isForm = type === 'application/x-www-form-urlencoded'
  // Forms are never in UTF-16, whatever their first bytes look like: each byte below 128 is the sign that it looks like.
  const reader = new TextBody(format, format === 'form' ? 'utf8' : charset, sink, type.startsWith('multipart/'))
  const plain = isForm && format !== 'form' ? 'form' : format === 'text' && charset.startsWith('utf16') ? 'text' : null
  return plain === null ? reader : new TwiceReadBody(reader, new TextBody(plain, 'utf8', sink, false))
}

function formatOf(type: string, first: Buffer): BodyFormat {
  const mayBeMarkup = leadOf(first)
  if (/[/+]json\b/.test(type) || type === 'application/csp-report') {
    return mayBeMarkup === XML && sniff(first) === 'xml' ? 'xml' : 'json'
  }
  if (/[/+]xml$/.test(type)) return mayBeMarkup === JSON_ && sniff(first) === 'json' ? 'json' : 'xml'
  if (type === 'application/graphql') return 'graphql'
  if (type === 'application/x-www-form-urlencoded') {
    const sniffed = mayBeMarkup === 0 ? null : sniff(first)
    return sniffed === 'json' || sniffed === 'xml' ? sniffed : 'form'
  }
  const sniffed = sniff(first)
  const isMedia = /^(?:image|audio|video|font)\//.test(type) && type !== 'image/svg+xml'
  // No picture is made of letters alone.
  if (isMedia && !PRINTABLE.test(first.toString('latin1', 0, SNIFFED_BYTES))) return sniffed ?? 'binary'
  if (sniffed !== null) return sniffed
  const isText = type.startsWith('text/') || !first.subarray(0, SNIFFED_BYTES).includes(0)
  return isText ? 'text' : 'binary'
}

const SNIFFED_BYTES = 512
const PRINTABLE = /^[\t\n\r -~]*$/
const XML = 60
const JSON_ = 123

/** XML or JSON_ when the first byte that is neither blank nor part of a byte order mark is the first of such a text, else 0. */
function leadOf(first: Buffer): number {
  for (let index = 0; index < first.length && index < SNIFFED_BYTES; index++) {
    const byte = first[index]!
    if (byte <= 32 || byte >= 0xbb) continue
    return byte === 123 || byte === 91 ? JSON_ : byte === 60 ? XML : 0
  }
  return 0
}

/** What the bytes look like, null for nothing in particular. */
function sniff(first: Buffer): 'json' | 'xml' | 'form' | null {
  const start = first
    .toString('latin1', 0, SNIFFED_BYTES)
    .replace(/^\xef\xbb\xbf|^\xff\xfe|^\xfe\xff/, '')
    .replaceAll('\0', '')
  if (/^\s*[[{]\s*(?:["[\]{}\d-]|true|false|null|$)/.test(start)) return 'json'
  if (/^\s*<(?:[?!a-z])/i.test(start)) return 'xml'
  return /^[\w%.[\]+-]{1,64}=[^\s<]*(?:$|&|\s)/.test(start) ? 'form' : null
}

/** How its bytes become characters: what it says, and what a byte order mark says. */
function charsetOf(contentType: string, first: Buffer): 'utf8' | 'utf16le' | 'utf16be' | 'latin1' {
  if (first[0] === 0xff && first[1] === 0xfe) return 'utf16le'
  if (first[0] === 0xfe && first[1] === 0xff) return 'utf16be'
  const named = contentType.includes(';') ? /charset\s*=\s*"?([\w-]+)/i.exec(contentType) : null
  const charset = named?.[1]?.toLowerCase() ?? ''
  if (charset === 'utf-16be') return 'utf16be'
  if (charset === 'utf-16' || charset === 'utf-16le') return first[0] === 0 ? 'utf16be' : 'utf16le'
  if (first.length > 3 && first[0] === 0 && first[1] !== 0) return 'utf16be'
  if (first.length > 3 && first[0] !== 0 && first[1] === 0) return 'utf16le'
  return /^iso-8859|^windows-125|^latin/.test(charset) ? 'latin1' : 'utf8'
}

/** Contents that nobody interprets as text. */
class BinaryBody implements BodyReader {
  readonly document = null
  #bytes = 0

  write(bytes: Buffer): void {
    this.#bytes += bytes.length
  }

  end(): void {}

  get facts(): BodyFacts {
    return { format: 'binary', bytes: this.#bytes, depth: 0, faults: [], parts: [] }
  }
}

/** What may be read in two ways is: what it looks like, and what it is called. Its facts are those of the first. */
class TwiceReadBody implements BodyReader {
  readonly #first: BodyReader
  readonly #second: BodyReader

  constructor(first: BodyReader, second: BodyReader) {
    this.#first = first
    this.#second = second
  }

  write(bytes: Buffer): void {
    this.#first.write(bytes)
    this.#second.write(bytes)
  }

  end(): void {
    this.#first.end()
    this.#second.end()
  }

  get facts(): BodyFacts {
    return this.#first.facts
  }

  get document(): string | null {
    return this.#first.document
  }
}

class MultipartBody implements BodyReader {
  readonly document = null
  readonly #reader: MultipartReader
  #held: Buffer = Buffer.alloc(0)
  #bytes = 0

  constructor(boundary: string, sink: ValueSink) {
    this.#reader = new MultipartReader(boundary, sink)
  }

  write(bytes: Buffer): void {
    this.#bytes += bytes.length
    const all = this.#held.length === 0 ? bytes : Buffer.concat([this.#held, bytes])
    // A field longer than the bound is judged as if it ended there: what follows is read as a new one.
    const done = this.#reader.read(all, false)
    this.#held = all.subarray(done)
    if (this.#held.length > UNIT_BYTES_MAX) this.#held = this.#held.subarray(this.#reader.giveUp(this.#held))
  }

  end(): void {
    this.#reader.read(this.#held, true)
    this.#held = Buffer.alloc(0)
  }

  get facts(): BodyFacts {
    return {
      format: 'multipart',
      bytes: this.#bytes,
      depth: 0,
      faults: [...this.#reader.faults],
      parts: this.#reader.parts,
    }
  }
}

class TextBody implements BodyReader {
  document: string | null = null
  readonly #format: BodyFormat
  readonly #sink: ValueSink
  readonly #encoding: BufferEncoding
  /** Only where characters lie over the border of two portions. */
  #decoder: StringDecoder | null = null
  readonly #swaps: boolean
  readonly #json: JsonReader | null
  readonly #xml: XmlReader | null
  readonly #faults: string[] = []
  #odd: Buffer = Buffer.alloc(0)
  #text = ''
  /** What was left to be read once more; nothing new has come while it is all there is. */
  #judged = ''
  #bytes = 0

  constructor(format: BodyFormat, charset: ReturnType<typeof charsetOf>, sink: ValueSink, noBoundary: boolean) {
    this.#format = format
    this.#sink = sink
    this.#encoding = charset === 'utf16be' ? 'utf16le' : charset
    this.#swaps = charset === 'utf16be'
    this.#json = format === 'json' ? new JsonReader('json', sink) : null
    this.#xml = format === 'xml' ? new XmlReader(sink) : null
    if (noBoundary) this.#faults.push('multipart.no-boundary')
  }

  write(bytes: Buffer): void {
    this.#bytes += bytes.length
    this.#text += this.#decoded(bytes)
    // Whole bodies come in one portion; what is left of it may just be complete.
    this.#text = this.#text.slice(this.#read(this.#text, false))
    if (this.#text.length > UNIT_BYTES_MAX) {
      const carried = this.#carried()
      this.#read(this.#text, true)
      this.#text = carried
      this.#judged = carried
    }
  }

  /** What of a value too long to be waited for is read once more before its rest: its end, in the place where it stands. */
  #carried(): string {
    const text = this.#text
    let start = text.length - VALUE_OVERLAP_CHARS
    if (this.#json !== null && text.startsWith('"')) {
      // Never behind half an escape, or the string would end elsewhere.
      let backslashes = 0
      while (text.charCodeAt(start - 1 - backslashes) === 92) backslashes += 1
      start -= backslashes % 2
      return `"${text.slice(start)}`
    }
    const equals = this.#format === 'form' ? text.indexOf('=') : -1
    const name = equals < NAME_CHARS_MAX ? text.slice(0, equals + 1) : ''
    return name + text.slice(start)
  }

  end(): void {
    if (this.#decoder !== null) this.#text += this.#decoder.end()
    if (this.#text === this.#judged) this.#text = ''
    if (this.#text !== '' || this.#xml !== null) this.#read(this.#text, true)
    this.#text = ''
  }

  get facts(): BodyFacts {
    const reader = this.#json ?? this.#xml
    const faults = [...this.#faults]
    if (reader?.malformed === true) faults.push(`${this.#format}.malformed`)
    if (this.#xml?.noXml === true) faults.push('xml.no-xml')
    return { format: this.#format, bytes: this.#bytes, depth: reader?.deepest ?? 0, faults, parts: [] }
  }

  #read(text: string, final: boolean): number {
    if (this.#json !== null) return this.#json.read(text, final)
    if (this.#xml !== null) return this.#xml.read(text, final)
    if (this.#format === 'form') return readParameters(text, 'form', this.#sink, final)
    if (!final) return 0
    if (this.#format === 'graphql' && looksLikeGraphql(text)) {
      this.document = text
      readGraphql(text, this.#sink)
    } else {
      this.#sink.value('body', '', text)
    }
    return text.length
  }

  #decoded(bytes: Buffer): string {
    const isWhole = this.#encoding === 'utf8' && bytes.at(-1)! < 0x80
    if (isWhole && this.#decoder === null) return bytes.toString('utf8')
    this.#decoder ??= new StringDecoder(this.#encoding)
    return this.#decoder.write(this.#swaps ? this.#swapped(bytes) : bytes)
  }

  #swapped(bytes: Buffer): Buffer {
    const all = Buffer.concat([this.#odd, bytes])
    const even = all.length - (all.length % 2)
    this.#odd = all.subarray(even)
    return Buffer.from(all.subarray(0, even)).swap16()
  }
}
