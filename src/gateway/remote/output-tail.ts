import { closeSync, fstatSync, openSync, readdirSync, readSync } from 'node:fs'
import { join } from 'node:path'

/** Told at once of one file; the rest comes with the next look. */
const CHUNK_BYTES = 1024 * 1024
const NEWLINE = 10

/** How long each output is by now: what was written in an earlier life has been told in it. */
export function sizesIn(folder: string): Sizes {
  return Object.fromEntries(filesIn(folder).map((file) => [file, withFile(join(folder, file), sizeOf) ?? 0]))
}

/** By file. */
export type Sizes = Readonly<Record<string, number>>

/**
 * What the processes of a gateway write into files, told anew: of a pod its standard output is what is kept. A look tells the
 * whole lines that have come since the one before.
 */
export class OutputTail {
  readonly #folder: string
  readonly #tell: (lines: Uint8Array) => void
  /** By file, how far it has been told. */
  readonly #offsets: Map<string, number>
  readonly #chunk = Buffer.allocUnsafe(CHUNK_BYTES)

  /** @param told how far each file needs no telling */
  constructor(folder: string, told: Sizes, tell: (lines: Uint8Array) => void) {
    this.#folder = folder
    this.#offsets = new Map(Object.entries(told))
    this.#tell = tell
  }

  look(): void {
    for (const file of filesIn(this.#folder)) withFile(join(this.#folder, file), (from) => this.#lookAt(file, from))
  }

  #lookAt(file: string, from: number): void {
    const size = sizeOf(from)
    // Emptied by the keeper, who has copied what was in it: what came between the last look and that stays there.
    const known = this.#offsets.get(file) ?? 0
    let offset = size < known ? 0 : known
    while (offset < size) {
      const count = readSync(from, this.#chunk, 0, Math.min(CHUNK_BYTES, size - offset), offset)
      const end = this.#chunk.subarray(0, count).lastIndexOf(NEWLINE) + 1
      // A line that is not ended is told with its end, or when it fills all there is room for.
      const told = end === 0 && count === CHUNK_BYTES ? count : end
      if (told === 0) break
      this.#tell(this.#chunk.subarray(0, told))
      offset += told
    }
    this.#offsets.set(file, offset)
  }
}

function filesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder).filter((name) => name.endsWith('.log'))
  } catch {
    // Nobody has written anything.
    return []
  }
}

function sizeOf(descriptor: number): number {
  return fstatSync(descriptor).size
}

/** Null: it is not there. */
function withFile<T>(path: string, act: (descriptor: number) => T): T | null {
  let descriptor: number
  try {
    descriptor = openSync(path, 'r')
  } catch {
    return null
  }
  try {
    return act(descriptor)
  } finally {
    closeSync(descriptor)
  }
}
