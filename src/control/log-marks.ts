import { appendFileSync, renameSync, statSync } from 'node:fs'
import { join } from 'node:path'

/** A program writes to its file by itself: nobody stamps its lines. So its size is noted, at most so often. */
export const MARK_EVERY_MS = 1_000

/**
 * Keeps `<name>.log.times` beside each output: lines of `<bytes> <milliseconds since the epoch>`, each saying that so many
 * bytes had been written by then. A reader can tell the time of any line to about a second.
 */
export class LogMarks {
  readonly #folder: string
  readonly #marked = new Map<string, { readonly bytes: number; readonly at: number }>()

  constructor(folder: string) {
    this.#folder = folder
  }

  /** Notes what has grown since the last look; forgets the outputs that are not named any more. */
  note(names: readonly string[], now: number): void {
    for (const known of this.#marked.keys()) if (!names.includes(known)) this.#marked.delete(known)
    for (const name of names) this.#noteOne(name, now)
  }

  #noteOne(name: string, now: number): void {
    const file = join(this.#folder, `${name}.log`)
    const bytes = statSync(file, { throwIfNoEntry: false })?.size ?? 0
    const before = this.#marked.get(name) ?? { bytes: 0, at: 0 }
    if (bytes < before.bytes) this.#rotate(file)
    if (bytes === before.bytes || now - before.at < MARK_EVERY_MS) return
    appendFileSync(`${file}.times`, `${bytes} ${now}\n`, { mode: 0o600 })
    this.#marked.set(name, { bytes, at: now })
  }

  /** The output was emptied after a copy of it was made as `.1`: its marks go along. */
  #rotate(file: string): void {
    try {
      renameSync(`${file}.times`, `${file}.1.times`)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    }
  }
}
