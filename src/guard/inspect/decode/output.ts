/** A place to write a decoded text into, one UTF-16 unit at a time, without a string for each piece. */
export class Output {
  #units = new Uint16Array(1024)
  #length = 0
  #seen = 0

  /** Begins anew, with room for `units`. */
  start(units: number): void {
    this.#length = 0
    this.#seen = 0
    if (this.#units.length < units) this.#units = new Uint16Array(Math.max(units, this.#units.length * 2))
  }

  put(unit: number): void {
    this.#seen |= unit
    this.#units[this.#length++] = unit
  }

  /** Writes a whole character, as two units where it has two. */
  putCodePoint(point: number): void {
    if (point < 0x10000) {
      this.put(point)
    } else {
      this.put(0xd800 + ((point - 0x10000) >> 10))
      this.put(0xdc00 + ((point - 0x10000) & 0x3ff))
    }
  }

  /** Writes the first `count` of `units`. */
  copy(units: Uint16Array, count: number): void {
    this.#units.set(units.subarray(0, count), this.#length)
    this.#length += count
    for (let index = 0; index < count; index++) this.#seen |= units[index]!
  }

  get length(): number {
    return this.#length
  }

  /** The text written; the room is given back where it was unusually large. */
  take(): string {
    const units = this.#units
    const length = this.#length
    if (units.length > KEPT_UNITS) this.#units = new Uint16Array(1024)
    if (this.#seen > 0xff) return Buffer.from(units.buffer, 0, length * 2).toString('utf16le')
    const bytes = length <= small.length ? small : Buffer.allocUnsafe(length)
    for (let index = 0; index < length; index++) bytes[index] = units[index]!
    return bytes.toString('latin1', 0, length)
  }
}

const KEPT_UNITS = 1 << 18
const small = Buffer.allocUnsafeSlow(4096)
