const HEAD_BYTES_MAX = 64 * 1024
const LINE_BYTES_MAX = 4096

/** What a chunk has brought: nothing to say yet, the end of the answer, or something that is no answer. */
export type Progress =
  | { readonly kind: 'more' }
  | { readonly kind: 'end'; readonly status: number; readonly reusable: boolean }
  | { readonly kind: 'broken'; readonly because: string }

const MORE: Progress = { kind: 'more' }

/** Reads one HTTP/1.1 answer from chunks of bytes, whatever their borders, and finds its exact end. Bodies are not kept. */
export class AnswerReader {
  readonly #isHead: boolean
  #phase: 'head' | 'length' | 'chunk-size' | 'chunk' | 'trailer' | 'close' = 'head'
  #text = ''
  #left = 0
  #status = 0
  #reusable = true

  constructor(isHead: boolean) {
    this.#isHead = isHead
  }

  feed(chunk: Buffer): Progress {
    let at = 0
    while (at < chunk.length) {
      if (this.#phase === 'close') return MORE
      if (this.#phase === 'length' || this.#phase === 'chunk') {
        const taken = Math.min(this.#left, chunk.length - at)
        at += taken
        this.#left -= taken
        if (this.#left > 0) return MORE
        if (this.#phase === 'length') return this.#end(chunk.length - at)
        this.#phase = 'chunk-size'
        continue
      }
      const text: string = this.#text + chunk.toString('latin1', at)
      const end = text.indexOf(this.#phase === 'head' ? '\r\n\r\n' : '\r\n')
      if (end < 0) {
        this.#text = text
        const most = this.#phase === 'head' ? HEAD_BYTES_MAX : LINE_BYTES_MAX
        return text.length > most ? broken(`a ${this.#phase} of more than ${most} bytes`) : MORE
      }
      const skipped = end + (this.#phase === 'head' ? 4 : 2)
      at += skipped - this.#text.length
      this.#text = ''
      const progress = this.#line(text.slice(0, end), chunk.length - at)
      if (progress !== MORE) return progress
    }
    return MORE
  }

  /** The connection has ended: the end of an answer without a length, an answer cut otherwise. */
  close(): Progress {
    return this.#phase === 'close' ? { kind: 'end', status: this.#status, reusable: false } : broken('cut')
  }

  #line(line: string, rest: number): Progress {
    if (this.#phase === 'head') return this.#head(line, rest)
    if (this.#phase === 'trailer') return line === '' ? this.#end(rest) : MORE
    // The line that ends a chunk's bytes is empty.
    if (line === '') return MORE
    if (!/^[0-9a-f]{1,8}(?:$|[ \t;])/i.test(line)) return broken(`'${line.slice(0, 20)}' for the size of a chunk`)
    this.#left = Number.parseInt(line, 16)
    this.#phase = this.#left === 0 ? 'trailer' : 'chunk'
    return MORE
  }

  #head(head: string, rest: number): Progress {
    const [, minor, digits] = /^HTTP\/1\.([01]) ([1-9]\d\d)(?: |\r\n|$)/.exec(head) ?? []
    if (digits === undefined) return broken(`'${head.slice(0, 20)}' is no answer of HTTP/1.1`)
    const status = Number(digits)
    if (status < 200) return MORE
    this.#status = status
    const connection = /\r\nconnection:[ \t]*([^\r]*)/i.exec(head)?.[1]?.toLowerCase() ?? ''
    this.#reusable = minor === '1' ? !connection.includes('close') : connection.includes('keep-alive')
    if (this.#isHead || status === 204 || status === 304) return this.#end(rest)
    if (/\r\ntransfer-encoding:[^\r]*chunked/i.test(head)) {
      this.#phase = 'chunk-size'
      return MORE
    }
    const length = /\r\ncontent-length:[ \t]*(\d+)/i.exec(head)?.[1]
    this.#left = Number(length ?? 0)
    this.#phase = length === undefined ? 'close' : 'length'
    return length !== undefined && this.#left === 0 ? this.#end(rest) : MORE
  }

  #end(rest: number): Progress {
    // Bytes that nobody has asked for would be taken for the next answer.
    return { kind: 'end', status: this.#status, reusable: this.#reusable && rest === 0 }
  }
}

function broken(because: string): Progress {
  return { kind: 'broken', because }
}
