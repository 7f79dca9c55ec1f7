import { BlockBook, type BlockBookOptions, type NewBlock } from '../../guard/reputation/block-book.ts'
import type { Block } from '../../guard/reputation/block.ts'
import { BlockDistribution, type Reached } from './block-distribution.ts'
import { mustBeNetwork } from './input.ts'

/** How long a caller waits for the workers. */
const APPLIED_WITHIN_MS = 1_000

export interface BlockResult {
  readonly block: Block
  readonly reached: Reached
}

/** The blocks of the environment: the truth, of which every worker holds a copy. */
export class Blocks {
  readonly workers = new BlockDistribution()
  readonly book: BlockBook

  constructor(options: Omit<BlockBookOptions, 'publish'>) {
    this.book = new BlockBook({ ...options, publish: (changes) => this.workers.publish(changes) })
  }

  /** Resolves when it is saved and every worker refuses by it. @throws Problem `api.not-address`, and those of BlockBook.add */
  async add(address: string, block: NewBlock): Promise<BlockResult> {
    return this.#settled(this.book.add(mustBeNetwork(address), block))
  }

  /** @throws Problem `api.not-address`, `guard.not-blocked` */
  async remove(address: string, by: string): Promise<BlockResult> {
    return this.#settled(this.book.remove(mustBeNetwork(address), by))
  }

  async #settled(block: Block): Promise<BlockResult> {
    await this.book.sync()
    return { block, reached: await this.workers.untilApplied(APPLIED_WITHIN_MS) }
  }
}
