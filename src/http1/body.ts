import type { BodyReader } from './body-reader.ts'
import { ChunkedBody } from './chunked-body.ts'
import type { RequestHead } from './request-head.ts'
import type { ResponseHead } from './response-head.ts'

/** Reads the body behind this head; null when there is none, or an empty one of a known length. */
export function bodyOf(head: RequestHead | ResponseHead): BodyReader | null {
  const framing = 'framing' in head ? head.framing : head.chunked ? 'chunked' : head.hasBody ? 'length' : 'none'
  switch (framing) {
    case 'none':
      return null
    case 'chunked':
      return new ChunkedBody()
    case 'length':
      return head.contentLength === 0 ? null : new LengthBody(head.contentLength)
    case 'close':
      return new CloseBody()
  }
}

/** A body of a known length. */
export class LengthBody implements BodyReader {
  readonly fault = null
  readonly runs = [0, 0]
  runCount = 0
  received = 0
  readonly #length: number

  constructor(length: number) {
    this.#length = length
  }

  get done(): boolean {
    return this.received === this.#length
  }

  push(_bytes: Buffer, from: number, to: number): number {
    const end = Math.min(to, from + this.#length - this.received)
    this.runs[0] = from
    this.runs[1] = end
    this.runCount = end > from ? 1 : 0
    this.received += end - from
    return end
  }
}

/** A body that ends with its connection: of answers only, and whether it is whole nobody can say. */
export class CloseBody implements BodyReader {
  readonly fault = null
  readonly runs = [0, 0]
  runCount = 0
  received = 0
  done = false

  push(_bytes: Buffer, from: number, to: number): number {
    this.runs[0] = from
    this.runs[1] = to
    this.runCount = to > from ? 1 : 0
    this.received += to - from
    return to
  }

  /** The connection has ended. */
  end(): void {
    this.done = true
    this.runCount = 0
  }
}

/**
 * The data of the last push as one view of `bytes`: without copying where they lie in one piece, else moved together, over what
 * lay between them.
 */
export function dataOf(bytes: Buffer, { runs, runCount }: BodyReader): Buffer {
  if (runCount === 0) return NOTHING
  const start = runs[0]!
  let end = runs[1]!
  for (let run = 1; run < runCount; run++) {
    bytes.copyWithin(end, runs[run * 2]!, runs[run * 2 + 1])
    end += runs[run * 2 + 1]! - runs[run * 2]!
  }
  return bytes.subarray(start, end)
}

const NOTHING = Buffer.alloc(0)
