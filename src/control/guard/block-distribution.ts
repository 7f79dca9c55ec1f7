import type { Connection } from '../../gateway/admin/connection.ts'
import type { BlockChange } from '../../guard/reputation/block-journal.ts'
import type { Block } from '../../guard/reputation/block.ts'

type Peer = Pick<Connection, 'send'>

export interface Reached {
  /** Workers that have said they refuse by it. */
  readonly applied: number
  /** Workers that are connected. */
  readonly workers: number
}

/** Brings blocks to every worker: all of them to one that connects, changes to those that are connected. */
export class BlockDistribution {
  /** With the version each has acknowledged. */
  readonly #peers = new Map<Peer, number>()
  readonly #waiting = new Set<() => void>()
  #version = 0

  joined(peer: Peer, blocks: readonly Block[]): void {
    this.#peers.set(peer, -1)
    peer.send({ type: 'blocks', version: this.#version, blocks })
  }

  gone(peer: Peer): void {
    this.#peers.delete(peer)
    this.#wake()
  }

  applied(peer: Peer, version: number): void {
    if (this.#peers.has(peer)) this.#peers.set(peer, version)
    this.#wake()
  }

  publish(changes: readonly BlockChange[]): void {
    if (changes.length === 0) return
    this.#version += 1
    for (const peer of this.#peers.keys()) peer.send({ type: 'blocks-changed', version: this.#version, changes })
  }

  /** Resolves when every connected worker has applied what was published so far, or the time is over. */
  untilApplied(withinMs: number): Promise<Reached> {
    const version = this.#version
    const reached = (): Reached => {
      const versions = [...this.#peers.values()]
      return { applied: versions.filter((applied) => applied >= version).length, workers: versions.length }
    }
    return new Promise((resolve) => {
      const look = (): void => {
        const { applied, workers } = reached()
        if (applied === workers) end()
      }
      const end = (): void => {
        clearTimeout(limit)
        this.#waiting.delete(look)
        resolve(reached())
      }
      const limit = setTimeout(end, withinMs)
      this.#waiting.add(look)
      look()
    })
  }

  #wake(): void {
    for (const look of this.#waiting) look()
  }
}
