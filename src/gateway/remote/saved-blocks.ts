import { mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { BLOCKS_FILE, BlockJournal } from '../../guard/reputation/block-journal.ts'
import type { BlockChange } from '../../guard/reputation/block-journal.ts'
import type { Block } from '../../guard/reputation/block.ts'

/** The blocks in force, saved for a worker that starts while control is away. All workers are told of each: once is enough. */
export class SavedBlocks {
  readonly #blocks = new Map<string, Block>()
  readonly #journal: BlockJournal
  #version: number | null = null

  constructor(state: string) {
    const file = join(state, BLOCKS_FILE)
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
    this.#journal = new BlockJournal(file, () => this.#blocks.values())
  }

  /** All of them, as a worker is told that has just connected. */
  replace(version: number, blocks: readonly Block[]): void {
    this.#version = version
    this.#blocks.clear()
    for (const block of blocks) this.#blocks.set(block.address, block)
    this.#journal.rewrite()
  }

  change(version: number, changes: readonly BlockChange[]): void {
    if (this.#version === null || version <= this.#version) return
    this.#version = version
    for (const change of changes)
      if ('add' in change) this.#blocks.set(change.add.address, change.add)
      else this.#blocks.delete(change.remove)
    this.#journal.append(changes)
  }
}
