/** One message of an event stream (WHATWG HTML, server-sent events). */
export interface Frame {
  readonly event: string
  readonly data: string
}

/** A frame that is longer is none of ours. */
export const FRAME_CHARS_MAX = 32 * 1024 * 1024

/** @param data one line: JSON has no line breaks of its own. @param id null: where the stream stands does not change by it */
export function frameText(event: string, data: string, id: string | null): string {
  return `${id === null ? '' : `id: ${id}\n`}event: ${event}\ndata: ${data}\n\n`
}

/** Only where the stream stands: a reader remembers it, and hears of no message. */
export function placeText(id: string): string {
  return `id: ${id}\n\n`
}

/** Reads frames out of text as it comes, cut anywhere. */
export class FrameReader {
  #rest = ''
  #event = ''
  #data: string[] = []
  #id: string | null = null
  #lastId: string | null = null

  /** Of the newest frame that had one and is complete: what a reader goes on behind. */
  get lastId(): string | null {
    return this.#lastId
  }

  /** @throws Error for a frame beyond FRAME_CHARS_MAX */
  push(text: string): readonly Frame[] {
    const frames: Frame[] = []
    const lines = (this.#rest + text).split('\n')
    this.#rest = lines.pop()!
    for (const line of lines) {
      const frame = this.#line(line.endsWith('\r') ? line.slice(0, -1) : line)
      if (frame !== null) frames.push(frame)
    }
    if (this.#rest.length > FRAME_CHARS_MAX) throw new Error('a frame of the event stream is too long')
    return frames
  }

  #line(line: string): Frame | null {
    if (line === '') return this.#end()
    const colon = line.indexOf(':')
    // What begins with a colon is a comment: it says that somebody is there.
    if (colon === 0) return null
    const field = colon === -1 ? line : line.slice(0, colon)
    const value = colon === -1 ? '' : line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1)
    if (field === 'event') this.#event = value
    else if (field === 'data') this.#data.push(value)
    else if (field === 'id') this.#id = value
    return null
  }

  #end(): Frame | null {
    const frame = this.#data.length === 0 ? null : { event: this.#event || 'message', data: this.#data.join('\n') }
    this.#lastId = this.#id ?? this.#lastId
    this.#event = ''
    this.#data = []
    this.#id = null
    return frame
  }
}
