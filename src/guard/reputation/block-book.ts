import { Problem } from '../../core/problem.ts'
import { contains, networkText, parseNetwork, type Network } from './address.ts'
import { automaticBlock, REPEAT_WITHIN_MS } from './automatic.ts'
import { BlockJournal, readBlocks, type BlockChange } from './block-journal.ts'
import { BlockTable, isOver, WIDEST_BITS, type Block } from './block.ts'
import type { Risk } from './risk.ts'

/** Blocks that are kept, those included that are over but remembered. */
export const BLOCKS_MAX = 10_000

export interface BlockBookOptions {
  /** Where blocks outlive the process; null: nowhere. */
  readonly file: string | null
  /** Milliseconds since the epoch. */
  readonly now: () => number
  /** The allow-list. */
  readonly allowed: () => readonly string[]
  /** Proxies that are believed: their address stands for many clients. */
  readonly trusted: () => readonly string[]
  /** Told of every change, for those who hold copies of what is in force. */
  readonly publish: (changes: readonly BlockChange[]) => void
  /** Told of every block that begins or ends. `by` ends it: a person, or 'control' when its time is over. */
  readonly onChange: (kind: 'block-added' | 'block-removed', block: Block, by: string) => void
}

export interface NewBlock {
  readonly reason: string
  /** Null: until it is taken away. */
  readonly forMs: number | null
  readonly by: string
}

/** The blocks in force, by hand and by risk, and those that were: how they begin and end. */
export class BlockBook {
  readonly #options: BlockBookOptions
  readonly #table = new BlockTable()
  readonly #journal: BlockJournal | null
  /** Those in force: what is over stays in the table for a while, so that a repetition is known. */
  readonly #inForce = new Set<string>()

  constructor(options: BlockBookOptions) {
    const { file } = options
    this.#options = options
    this.#journal = file === null ? null : new BlockJournal(file, () => this.#table.all())
    if (file !== null) for (const block of readBlocks(file).blocks.values()) this.#table.add(block)
    this.#journal?.rewrite()
    for (const block of this.#table.all()) this.#inForce.add(block.address)
    this.expire()
  }

  /** In force, oldest first. */
  list(): readonly Block[] {
    return [...this.#table.all()].filter(({ address }) => this.#inForce.has(address))
  }

  /** A block by hand. @throws Problem `guard.too-wide`, `guard.allowed`, `guard.too-many-blocks` */
  add(network: Network, { reason, forMs, by }: NewBlock): Block {
    this.#refuse(network)
    const now = this.#options.now()
    const address = networkText(network)
    const untilMs = forMs === null ? null : now + forMs
    const block: Block = { address, reason, source: 'manual', untilMs, atMs: now, by, times: 0 }
    this.#begin(block)
    return block
  }

  /** @throws Problem `guard.not-blocked` */
  remove(network: Network, by: string): Block {
    const text = networkText(network)
    const block = this.#table.get(text)
    if (block === undefined || !this.#inForce.has(text)) {
      throw new Problem('guard.not-blocked', `${text} is not blocked by hand or automatically`, {
        hint: 'See `seaworthy guard list`: it may be part of a network, of guard.block in the config, or of a feed.',
      })
    }
    this.#end(block, by)
    // Whoever is let in again by hand begins with a clean slate.
    this.#forget(text)
    return block
  }

  /** Blocks a client whose risk asks for it, unless nothing may or something does already. */
  judge(client: string, risk: Risk): Block | null {
    const { now: clock, allowed, trusted } = this.#options
    const now = clock()
    const block = automaticBlock(client, risk, this.#table.get(client), now)
    const network = block && parseNetwork(client)
    if (network === null || this.#table.find(network, now) !== null) return null
    if ([...allowed(), ...trusted()].some((text) => overlaps(text, network))) return null
    this.#begin(block!)
    return block
  }

  /** Ends what is over, and forgets what is no longer needed to know a repetition. */
  expire(): void {
    const now = this.#options.now()
    for (const block of this.#table.all()) {
      if (!isOver(block, now)) continue
      if (this.#inForce.has(block.address)) this.#end(block, 'control')
      if (block.source === 'manual' || now - block.untilMs! >= REPEAT_WITHIN_MS) this.#forget(block.address)
    }
    this.#journal?.catchUp()
  }

  /** Resolves when all of it survives a power cut. */
  async sync(): Promise<void> {
    await this.#journal?.sync()
  }

  close(): void {
    this.#journal?.close()
  }

  #begin(block: Block): void {
    this.#makeRoom(block)
    this.#table.add(block)
    this.#inForce.add(block.address)
    const change: BlockChange = { add: block }
    this.#journal?.append([change])
    this.#options.publish([change])
    this.#options.onChange('block-added', block, block.by)
  }

  #end(block: Block, by: string): void {
    this.#inForce.delete(block.address)
    this.#options.publish([{ remove: block.address }])
    this.#options.onChange('block-removed', block, by)
  }

  #forget(address: string): void {
    this.#table.remove(address)
    this.#journal?.append([{ remove: address }])
  }

  #refuse(network: Network): void {
    const text = networkText(network)
    if (network.bits < WIDEST_BITS[network.family])
      throw new Problem('guard.too-wide', `${text} is wider than /${WIDEST_BITS[network.family]}`, {
        hint: 'Block the networks in question one by one; to serve nobody, use `seaworthy pause --maintenance`.',
      })
    const allowed = this.#options.allowed().find((one) => contains(parseNetwork(one)!, network))
    if (allowed === undefined) return
    throw new Problem('guard.allowed', `${text} would not be refused: guard.allow has ${allowed}`, {
      hint: 'Take it out of guard.allow first, and deploy.',
    })
  }

  /** What is over goes first, then the automatic block that ends soonest; those by hand are never given up. */
  #makeRoom(block: Block): void {
    if (this.#table.size < BLOCKS_MAX || this.#table.get(block.address) !== undefined) return
    let first: Block | null = null
    for (const one of this.#table.all())
      if (one.source === 'automatic' && (first === null || one.untilMs! < first.untilMs!)) first = one
    if (first === null)
      throw new Problem('guard.too-many-blocks', `there are ${BLOCKS_MAX} blocks by hand already`, {
        hint: 'Block networks instead of addresses, or put them into a feed: guard.feeds.',
      })
    if (this.#inForce.has(first.address)) this.#end(first, 'control')
    this.#forget(first.address)
  }
}

/** Whether they share an address. */
function overlaps(text: string, network: Network): boolean {
  const other = parseNetwork(text)
  return other !== null && (contains(other, network) || contains(network, other))
}
