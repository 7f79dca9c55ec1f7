import { closeSync, fdatasync, openSync, readFileSync, writeSync } from 'node:fs'
import { writeFileAtomic } from '../../core/atomic-file.ts'
import { parseNetwork } from './address.ts'
import type { Block } from './block.ts'

/** Relative to the state folder. */
export const BLOCKS_FILE = 'guard/blocks.jsonl'
/** A file above this is none of ours. */
const FILE_BYTES_MAX = 64 * 1024 * 1024
/** The file is written anew when it holds this many lines more than blocks. */
const SPARE_LINES = 1_000

/** One line of the file. */
export type BlockChange = { readonly add: Block } | { readonly remove: string }

export interface SavedBlocks {
  /** Over ones too: they say how often a client has been blocked before. */
  readonly blocks: ReadonlyMap<string, Block>
  readonly lines: number
  /** Lines that are no change: a crash leaves one at the end at most. */
  readonly damaged: number
}

/** Reads the blocks as they are saved; none where there is no file. Whoever reads while it is written sees whole lines only. */
export function readBlocks(file: string): SavedBlocks {
  const blocks = new Map<string, Block>()
  let damaged = 0
  const lines = textOf(file).split('\n')
  for (const line of lines) {
    if (line === '') continue
    const change = parseChange(line)
    if (change === null) damaged += 1
    else if ('remove' in change) blocks.delete(change.remove)
    else {
      blocks.delete(change.add.address)
      blocks.set(change.add.address, change.add)
    }
  }
  return { blocks, lines: lines.length - 1, damaged }
}

/** The file's one writer: changes are appended, and the whole is written anew now and then. */
export class BlockJournal {
  readonly #file: string
  readonly #whole: () => Iterable<Block>
  #descriptor: number | null = null
  #lines = 0
  /** Something is not in the file: the disk was full. */
  #isBehind = false

  /** @param whole all blocks, to write the file anew */
  constructor(file: string, whole: () => Iterable<Block>) {
    this.#file = file
    this.#whole = whole
  }

  /** False: there was no room, and the file is behind until `catchUp` finds some. */
  append(changes: readonly BlockChange[]): boolean {
    if (this.#isBehind || this.#descriptor === null || this.#lines > SPARE_LINES) return this.rewrite()
    try {
      const bytes = Buffer.from(changes.map((change) => JSON.stringify(change) + '\n').join(''))
      const written = writeSync(this.#descriptor, bytes)
      this.#lines += changes.length
      this.#isBehind = written < bytes.length
    } catch {
      this.#isBehind = true
    }
    return !this.#isBehind || this.rewrite()
  }

  /** Writes the file anew, synced; it is what `blocks` says then. */
  rewrite(): boolean {
    try {
      const lines = [...this.#whole()].map((add) => JSON.stringify({ add }) + '\n')
      writeFileAtomic(this.#file, lines.join(''))
      this.close()
      this.#descriptor = openSync(this.#file, 'a', 0o600)
      this.#lines = 0
      this.#isBehind = false
    } catch {
      this.#isBehind = true
    }
    return !this.#isBehind
  }

  /** Tries again what found no room. */
  catchUp(): boolean {
    return !this.#isBehind || this.rewrite()
  }

  /** Resolves when what was appended survives a power cut. */
  sync(): Promise<void> {
    const descriptor = this.#descriptor
    if (descriptor === null) return Promise.resolve()
    return new Promise((resolve) => fdatasync(descriptor, () => resolve()))
  }

  close(): void {
    if (this.#descriptor !== null) closeSync(this.#descriptor)
    this.#descriptor = null
  }
}

function textOf(file: string): string {
  try {
    const bytes = readFileSync(file)
    return bytes.length > FILE_BYTES_MAX ? '' : bytes.toString('utf8')
  } catch {
    // There is none yet.
    return ''
  }
}

function parseChange(line: string): BlockChange | null {
  try {
    const change = JSON.parse(line) as { add?: Partial<Block>; remove?: unknown } | null
    if (typeof change?.remove === 'string') return { remove: change.remove }
    const { address, reason, source, untilMs, atMs } = change?.add ?? {}
    const isBlock =
      typeof address === 'string' &&
      parseNetwork(address) !== null &&
      typeof reason === 'string' &&
      (source === 'manual' || source === 'automatic') &&
      (untilMs === null || typeof untilMs === 'number') &&
      typeof atMs === 'number'
    return isBlock ? { add: change!.add as Block } : null
  } catch {
    return null
  }
}
