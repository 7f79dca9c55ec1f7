import { closeSync, openSync, readSync, statSync } from 'node:fs'

const BYTES_MAX = 32 * 1024

/** The lines that a file gained since a mark: what a program said in this life, not in the one before. */
export class LinesSince {
  readonly file: string
  #from = 0

  constructor(file: string) {
    this.file = file
  }

  mark(): void {
    this.#from = statSync(this.file, { throwIfNoEntry: false })?.size ?? 0
  }

  /** The newest `count`, oldest first. */
  last(count: number): readonly string[] {
    const size = statSync(this.file, { throwIfNoEntry: false })?.size ?? 0
    // Rotated meanwhile: all that is there was written since.
    const from = Math.max(size < this.#from ? 0 : this.#from, size - BYTES_MAX)
    if (size === from) return []
    const descriptor = openSync(this.file, 'r')
    try {
      const bytes = Buffer.alloc(size - from)
      const count_ = readSync(descriptor, bytes, 0, bytes.length, from)
      const lines = bytes.toString('utf8', 0, count_).split('\n')
      return lines.filter((line) => line.trim() !== '').slice(-count)
    } finally {
      closeSync(descriptor)
    }
  }
}
