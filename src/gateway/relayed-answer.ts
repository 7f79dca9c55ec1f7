/** An instance's answer on its way to the client: passed on as bytes, unless a stage wants its fields or its body. */
import { Readable } from 'node:stream'
import { monotonicNs } from '../core/clock.ts'
import type { Framing, ResponseHead } from '../http1/index.ts'
import { endToEnd } from './headers.ts'

/** Takes an answer's body as it comes. */
export interface FlowSink {
  /**
   * The bytes are valid until this returns; a sink that keeps them says so by `holding`. False: no more until `resume`.
   */
  data(bytes: Buffer): boolean
  /** Some of the bytes it was given are still in use. */
  readonly holding: boolean
  end(): void
  /** The upstream has broken off. */
  fail(error: Error): void
}

/** A part of what was read, where it lies: most are only ever written on, as characters. */
export class Piece {
  readonly length: number
  readonly #bytes: Buffer
  readonly #from: number

  constructor(bytes: Buffer, from: number, to: number) {
    this.length = to - from
    this.#bytes = bytes
    this.#from = from
  }

  /** One character a byte. */
  text(): string {
    return this.#bytes.toString('latin1', this.#from, this.#from + this.length)
  }

  bytes(): Buffer {
    return this.#bytes.subarray(this.#from, this.#from + this.length)
  }
}

/** Where an answer's body comes from. */
export interface Flow {
  /** What has come with the head, valid until the turn ends; null once it was taken. */
  first: Piece | null
  /** The end has come as well. */
  readonly ended: boolean
  sink: FlowSink | null
  resume(): void
  /** Nobody wants the rest. */
  abandon(): void
}

export class RelayedAnswer {
  readonly kind = 'stream'
  readonly status: number
  readonly framing: Framing
  /** -1: unknown. */
  readonly contentLength: number
  /** The instance says that it is one. */
  readonly isEventStream: boolean
  readonly flow: Flow
  /** `monotonicNs()` when its head was there. */
  readonly arrivedNs = monotonicNs()
  /** Fields that replace what the instance says of the same name: names and values in turn. */
  replaced: string[] = NO_REPLACEMENT
  /** More of them, the same list for many answers. */
  replacedToo: readonly string[] = NONE
  /** How much of `replaced` came by `replaceOwn`, into an empty one. */
  #own = 0
  #head: ResponseHead | null
  #headers: string[] | null = null
  #body: Readable | null = null

  constructor(head: ResponseHead, flow: Flow) {
    this.status = head.status
    this.framing = head.framing
    this.contentLength = head.contentLength
    this.isEventStream = head.isEventStream
    this.#head = head
    this.flow = flow
  }

  /** Null once somebody has asked for `headers`, which then are what is sent. */
  get untouched(): ResponseHead | null {
    return this.#headers === null ? this.#head : null
  }

  /** `replaced` begins with the gateway's own two, of which the second has been found harmless. */
  get beginsWithOwn(): boolean {
    return this.#own > 0
  }

  /** Whether somebody has taken the body as a stream. */
  get isStreamed(): boolean {
    return this.#body !== null
  }

  /** Names and values in turn; may be changed. Without hop-by-hop fields. */
  get headers(): string[] {
    if (this.#headers === null) {
      this.#headers = endToEnd(this.#head!.pairs(), NOTHING)
      for (const list of [this.replaced, this.replacedToo]) {
        for (let index = 0; index < list.length; index += 2) {
          replaceField(this.#headers, list[index]!, list[index + 1]!)
        }
      }
    }
    return this.#headers
  }

  /** The body, for a stage that changes it. */
  get body(): Readable {
    return (this.#body ??= streamOf(this.flow))
  }

  /** The first value of a field as the instance or a stage has it. */
  get(lowerName: string): string | undefined {
    if (this.#headers === null) return this.#replacement(lowerName) ?? this.#head!.get(lowerName)
    for (let index = 0; index < this.#headers.length; index += 2) {
      if (this.#headers[index]!.toLowerCase() === lowerName) return this.#headers[index + 1]
    }
    return undefined
  }

  /** Every value of a field, in order. */
  all(lowerName: string): readonly string[] {
    if (this.#headers === null) {
      const replacement = this.#replacement(lowerName)
      return replacement === undefined ? this.#head!.all(lowerName) : [replacement]
    }
    return this.#headers.filter((_, index, all) => index % 2 === 1 && all[index - 1]!.toLowerCase() === lowerName)
  }

  /** Whether the instance or a stage has a field of such a name (in lower case). */
  has(isOne: (lowerName: string) => boolean): boolean {
    if (this.#headers !== null) return this.#headers.some((name, index) => index % 2 === 0 && isOne(name.toLowerCase()))
    const head = this.#head!
    for (let index = 0; index < head.fieldCount; index++) if (isOne(head.name(index).toLowerCase())) return true
    return false
  }

  /** Puts a field in the place of the instance's of that name. */
  replace(name: string, value: string): void {
    if (this.#headers !== null) return replaceField(this.#headers, name, value)
    const lower = name.toLowerCase()
    if (indexIn(this.replacedToo, lower) !== -1) {
      this.replaced = [...this.replaced, ...this.replacedToo]
      this.replacedToo = NONE
    }
    const at = indexIn(this.replaced, lower)
    if (at !== -1) this.replaced[at + 1] = value
    else if (this.replaced.length === 0) this.replaced = [name, value]
    else this.replaced.push(name, value)
  }

  /** The same for fields of different names, without asking for each where nothing has been replaced yet. */
  replaceOwn(fields: readonly string[], name: string, value: string, other: string, otherValue: string): void {
    if (this.#headers === null && this.replaced.length === 0 && this.replacedToo === NONE) {
      this.replaced =
        fields.length === 0 ? [name, value, other, otherValue] : [name, value, other, otherValue, ...fields]
      this.#own = this.replaced.length
      return
    }
    for (let index = 0; index < fields.length; index += 2) this.replace(fields[index]!, fields[index + 1]!)
    this.replace(name, value)
    this.replace(other, otherValue)
  }

  /** The same for several, names and values in turn. Given the same list for many answers, it is prepared once. */
  replaceAll(pairs: readonly string[]): void {
    const isFree = this.#headers === null && this.replacedToo === NONE && !this.#haveReplaced(pairs)
    if (isFree) this.replacedToo = pairs
    else for (let index = 0; index < pairs.length; index += 2) this.replace(pairs[index]!, pairs[index + 1]!)
  }

  /** What `replaceOwn` puts first in an otherwise untouched answer is nobody else's: no config may name it. */
  #haveReplaced(pairs: readonly string[]): boolean {
    for (let index = this.#own; index < this.replaced.length; index += 2) {
      if (indexIn(pairs, this.replaced[index]!.toLowerCase()) !== -1) return true
    }
    return false
  }

  #replacement(lowerName: string): string | undefined {
    const at = indexIn(this.replaced, lowerName)
    if (at !== -1) return this.replaced[at + 1]
    const too = this.replacedToo === NONE ? -1 : indexIn(this.replacedToo, lowerName)
    return too === -1 ? undefined : this.replacedToo[too + 1]
  }

  /** The head has been written: its bytes may be used for another. */
  release(): void {
    this.#head = null
  }

  /** The bytes of the head and the first of the body are about to be used for others: what nobody has taken is copied. */
  keep(): void {
    if (this.#head === null) return
    void this.headers
    if (this.flow.first !== null || !this.flow.ended) void this.body
    this.#head = null
  }
}

const NONE: readonly string[] = []
/** Replaced by another list, never added to. */
const NO_REPLACEMENT: string[] = []

function indexIn(pairs: readonly string[], lowerName: string): number {
  for (let index = 0; index < pairs.length; index += 2) {
    if (pairs[index]!.length === lowerName.length && pairs[index]!.toLowerCase() === lowerName) return index
  }
  return -1
}

function streamOf(flow: Flow): Readable {
  const body = new Readable({
    read: () => flow.resume(),
    destroy(error, done) {
      if (!body.readableEnded) flow.abandon()
      done(error)
    },
  })
  const { first, ended } = flow
  flow.first = null
  if (first !== null) body.push(Buffer.from(first.bytes()))
  if (ended) body.push(null)
  else {
    flow.sink = {
      data: (bytes) => body.push(Buffer.from(bytes)),
      holding: false,
      end: () => void body.push(null),
      fail: (error) => void body.destroy(error),
    }
  }
  return body
}

/** Puts a field in the place of all of that name. */
export function replaceField(headers: string[], name: string, value: string): void {
  const lower = name.toLowerCase()
  for (let index = headers.length - 2; index >= 0; index -= 2) {
    if (headers[index]!.length === name.length && headers[index]!.toLowerCase() === lower) headers.splice(index, 2)
  }
  headers.push(name, value)
}

const NOTHING: ReadonlySet<string> = new Set()
