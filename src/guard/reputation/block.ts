import { networkOf, networkText, parseNetwork, type Address, type Network } from './address.ts'

/** An address or network that is refused. */
export interface Block {
  /** In the one spelling of `networkText`. */
  readonly address: string
  readonly reason: string
  readonly source: 'manual' | 'automatic'
  /** Null: until it is taken away. */
  readonly untilMs: number | null
  readonly atMs: number
  /** user@host, or 'control'. */
  readonly by: string
  /** How often in a row this client has been blocked automatically; 0 for a manual one. */
  readonly times: number
}

/** The widest network that may be blocked: a slip must not shut out half the world. */
export const WIDEST_BITS = { 4: 8, 6: 16 } as const

export function isOver({ untilMs }: Block, nowMs: number): boolean {
  return untilMs !== null && untilMs <= nowMs
}

/**
 * Blocks as they come and go. A look-up asks one map for each length of prefix that is in use, so it costs as little with
 * ten thousand blocks as with one.
 */
export class BlockTable {
  readonly #byLength = new Map<number, Map<number | string, Block>>()
  readonly #blocks = new Map<string, Block>()

  get size(): number {
    return this.#blocks.size
  }

  /** In the order they were added. */
  all(): IterableIterator<Block> {
    return this.#blocks.values()
  }

  /** The block of exactly this network. */
  get(address: string): Block | undefined {
    return this.#blocks.get(address)
  }

  /** Replaces a block of the same network. What is no network is left out. */
  add(block: Block): void {
    const network = parseNetwork(block.address)
    if (network === null) return
    this.#blocks.delete(block.address)
    this.#blocks.set(block.address, block)
    const length = lengthOf(network)
    const sameLength = this.#byLength.get(length) ?? new Map<number | string, Block>()
    sameLength.set(keyOf(network), block)
    this.#byLength.set(length, sameLength)
  }

  remove(address: string): boolean {
    const network = parseNetwork(address)
    if (network === null || !this.#blocks.delete(networkText(network))) return false
    const length = lengthOf(network)
    const sameLength = this.#byLength.get(length)!
    sameLength.delete(keyOf(network))
    if (sameLength.size === 0) this.#byLength.delete(length)
    return true
  }

  /** A block in force that holds this address. */
  find(address: Address, nowMs: number): Block | null {
    for (const [length, blocks] of this.#byLength) {
      if (length > 32 !== (address.family === 6)) continue
      const block = blocks.get(keyOf(networkOf(address, length > 32 ? length - 33 : length)))
      if (block !== undefined && !isOver(block, nowMs)) return block
    }
    return null
  }
}

/** 0 to 32 for IPv4, 33 to 161 for IPv6. */
function lengthOf({ family, bits }: Network): number {
  return family === 4 ? bits : 33 + bits
}

function keyOf({ family, a, b, c, d }: Network): number | string {
  return family === 4 ? a : `${a}:${b}:${c}:${d}`
}
