/** A longer head rarely comes twice. */
const LENGTH_MAX = 4 * 1024
/** After so many in a row that came once only, every sixteenth is remembered. */
const MISSES_MAX = 8
const MISSES_BETWEEN = 16

/**
 * Remembers the bytes of the last head that was read, and knows them when they come again: what a client asks for again and again, and
 * what an instance answers within one second, often has the same head to the last byte. In one buffer only, which is read into again and
 * again: a view of each new one would cost more than it saves.
 */
export class Recurring {
  readonly #buffer: Buffer
  readonly #view: DataView
  #kept: Buffer | null = null
  #keptView: DataView | null = null
  #misses = 0
  /** Of what is remembered; 0: nothing. */
  length = 0

  constructor(buffer: Buffer) {
    this.#buffer = buffer
    this.#view = viewOf(buffer)
  }

  /** Whether what is remembered stands at `bytes[from, to)`, and perhaps more behind it. */
  isAt(bytes: Buffer, from: number, to: number): boolean {
    const { length } = this
    if (length === 0 || to - from < length || bytes !== this.#buffer) return false
    const view = this.#view
    const kept = this.#keptView!
    let at = 0
    for (; at + 4 <= length; at += 4) if (view.getInt32(from + at) !== kept.getInt32(at)) return false
    for (; at < length; at++) if (view.getUint8(from + at) !== kept.getUint8(at)) return false
    this.#misses = 0
    return true
  }

  /** Remembers `bytes[from, to)`, if they are in the buffer. */
  keep(bytes: Buffer, from: number, to: number): void {
    this.length = 0
    if (bytes !== this.#buffer) return
    this.#misses += 1
    const isRare = this.#misses > MISSES_MAX && this.#misses % MISSES_BETWEEN !== 0
    const length = to - from
    if (isRare || length > LENGTH_MAX) return
    if (this.#kept === null || this.#kept.length < length) {
      this.#kept = Buffer.allocUnsafeSlow(Math.ceil(length / 128) * 128)
      this.#keptView = new DataView(this.#kept.buffer)
    }
    bytes.copy(this.#kept, 0, from, to)
    this.length = length
  }

  forget(): void {
    this.length = 0
  }
}

const views = new WeakMap<Buffer, DataView>()

function viewOf(buffer: Buffer): DataView {
  let view = views.get(buffer)
  if (view === undefined) views.set(buffer, (view = new DataView(buffer.buffer, buffer.byteOffset, buffer.length)))
  return view
}
