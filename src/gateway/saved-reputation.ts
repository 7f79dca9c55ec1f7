import { join } from 'node:path'
import { BLOCKS_FILE, readBlocks } from '../guard/reputation/block-journal.ts'
import { isOver } from '../guard/reputation/block.ts'
import type { Reputation } from '../guard/reputation/reputation.ts'

/** What control has saved, for a worker that starts while control is away. A damaged file takes nothing from the rest. */
export function readReputation(state: string, reputation: Reputation): void {
  const now = Date.now()
  const { blocks } = readBlocks(join(state, BLOCKS_FILE))
  reputation.replaceBlocks([...blocks.values()].filter((block) => !isOver(block, now)))
}
