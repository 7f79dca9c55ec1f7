import { Readable } from 'node:stream'
import { dataOf } from '../../http1/index.ts'
import type { BodyReader, Refusal } from '../../http1/index.ts'
import type { RequestBody } from '../exchange.ts'

/** What a body needs of the connection it is read from. */
export interface BodySource {
  pause(): void
  resume(): void
  /** Writes `100 Continue`, unless an answer has begun. */
  sayContinue(): void
}

class NoBody implements RequestBody {
  readonly present = false
  readonly length = null
  readonly ready = null

  get stream(): Readable {
    return Readable.from([])
  }

  complete(): boolean {
    return true
  }

  accept(): void {}
}

export const NO_BODY: RequestBody = new NoBody()

/** A body that has come whole with its head. */
export class ReadyBody implements RequestBody {
  readonly present = true
  readonly length: number | null
  readonly ready: Buffer
  #stream: Readable | null = null

  constructor(bytes: Buffer, length: number | null) {
    this.ready = bytes
    this.length = length
  }

  get stream(): Readable {
    return (this.#stream ??= Readable.from(this.ready.length === 0 ? [] : [this.ready], { objectMode: false }))
  }

  complete(): boolean {
    return true
  }

  accept(): void {}
}

export interface BodyParts {
  readonly length: number | null
  readonly source: BodySource
  /** Bytes that may be kept, for some that lie in a buffer which is about to be used again. */
  readonly keep: (bytes: Buffer) => Buffer
  readonly waits: boolean
}

/** A body that is still coming: the connection feeds it, whoever reads the stream sets the pace. */
export class ArrivingBody implements RequestBody {
  readonly present = true
  readonly length: number | null
  readonly stream: Readable
  readonly ready = null
  /** Data bytes so far. */
  received = 0
  /** The reader of the stream has enough for now. */
  blocked = false
  readonly #reader: BodyReader
  readonly #source: BodySource
  readonly #keep: (bytes: Buffer) => Buffer
  /** The client waits for `100 Continue`. */
  waits: boolean

  constructor(reader: BodyReader, parts: BodyParts) {
    this.#reader = reader
    this.#keep = parts.keep
    this.length = parts.length
    this.#source = parts.source
    this.waits = parts.waits
    this.stream = new Readable({
      read: () => {
        if (!this.blocked) return
        this.blocked = false
        parts.source.resume()
      },
    })
    // Whoever destroys it without a reason does not want the rest; with one, it is told in another way.
    this.stream.on('error', () => {})
  }

  get done(): boolean {
    return this.#reader.done
  }

  get fault(): Refusal | null {
    return this.#reader.fault
  }

  /** Reads on; returns the offset behind what belongs to this body. */
  push(bytes: Buffer, from: number, to: number): number {
    const end = this.#reader.push(bytes, from, to)
    this.take(bytes)
    return end
  }

  /** Takes what the reader's last push has found. */
  take(bytes: Buffer): void {
    const reader = this.#reader
    if (reader.fault !== null) return
    if (reader.runCount > 0) {
      this.waits = false
      const data = dataOf(bytes, reader)
      this.received += data.length
      if (!this.stream.destroyed && !this.stream.push(this.#keep(data)) && !reader.done) {
        this.blocked = true
        this.#source.pause()
      }
    }
    if (reader.done && !this.stream.destroyed) this.stream.push(null)
  }

  complete(): boolean {
    return this.#reader.done
  }

  accept(): void {
    if (this.waits) this.#source.sayContinue()
    this.waits = false
  }
}
