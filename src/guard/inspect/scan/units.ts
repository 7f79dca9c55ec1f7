/**
 * A value's UTF-16 units in an array: reading a unit of a string costs several times as much, for a string may be stored in many
 * ways. Filling it costs next to nothing.
 */
const ROOM = (1 << 17) + 16
/** Below this many a loop is quicker than the call. */
const WRITTEN_MIN = 40
/** What stands behind the end: no character, no blank, above all that tables know. */
export const END = 0xffff
const ENDS = 8

class Units {
  readonly #units = new Uint16Array(ROOM)
  readonly #bytes = Buffer.from(this.#units.buffer)

  of(text: string): Uint16Array {
    const { length } = text
    if (length + ENDS > ROOM) return long(text)
    const units = this.#units
    if (length < WRITTEN_MIN) for (let at = 0; at < length; at++) units[at] = text.charCodeAt(at)
    else this.#bytes.write(text, 0, length * 2, 'utf16le')
    for (let at = length; at < length + ENDS; at++) units[at] = END
    return units
  }
}

function long(text: string): Uint16Array {
  const units = new Uint16Array(text.length + ENDS).fill(END)
  Buffer.from(units.buffer).write(text, 0, text.length * 2, 'utf16le')
  return units
}

const lowers = new Units()
const texts = new Units()
const sources = new Units()

/** Units of a value in lower case, valid until the next one is asked for; a few times END follows the last. */
export function lowerUnits(lower: string): Uint16Array {
  return lowers.of(lower)
}

/** The same of what is decoded. */
export function sourceUnits(text: string): Uint16Array {
  return sources.of(text)
}

/** The same of a value as it stands, in an array of its own. */
export function textUnits(text: string): Uint16Array {
  return texts.of(text)
}
