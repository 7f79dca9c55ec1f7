import { networkText, parseAddress, parseNetwork, clientNetworkOf, type Network } from './address.ts'
import { BlockTable, type Block } from './block.ts'
import { NetworkSet } from './network-set.ts'
import { RISK_HALF_LIFE_MS } from './risk.ts'

/** Clients whose risk is known here: control tells of the riskiest. */
export const KNOWN_RISKS_MAX = 4096

/** Why a client is refused. */
export interface Refusal {
  readonly source: 'manual' | 'automatic' | 'config' | 'feed'
  readonly reason: string
  /** Null: until it is taken away, or until the next config or reload of the feed. */
  readonly untilMs: number | null
}

/** The networks of one feed, ready to be asked. */
export interface FeedSet {
  readonly url: string
  readonly networks: NetworkSet
}

export interface ClientRiskReport {
  /** A client as it is blocked: see clientNetworkOf. */
  readonly client: string
  /** 0 to 100, at `atMs`. */
  readonly risk: number
  readonly atMs: number
}

/**
 * Who is refused, and how risky a client is, as far as one process has been told. The allow-list goes before every block:
 * one by hand, by risk, by the config or by a feed.
 */
export class Reputation {
  readonly blocks = new BlockTable()
  #allow = NetworkSet.of([])
  #blockByConfig = NetworkSet.of([])
  #feeds: readonly FeedSet[] = []
  #risks = new Map<string, ClientRiskReport>()

  /** The lists of the config; what is neither an address nor a network is left out. */
  configure(lists: { readonly allow: readonly string[]; readonly block: readonly string[] }): void {
    this.#allow = NetworkSet.of(networksOf(lists.allow))
    this.#blockByConfig = NetworkSet.of(networksOf(lists.block))
  }

  /** Puts these blocks in place of all there are. */
  replaceBlocks(blocks: Iterable<Block>): void {
    const gone = new Set([...this.blocks.all()].map(({ address }) => address))
    for (const block of blocks) {
      this.blocks.add(block)
      gone.delete(block.address)
    }
    for (const address of gone) this.blocks.remove(address)
  }

  /** Puts these feeds in place of all there are, in one step. */
  replaceFeeds(feeds: readonly FeedSet[]): void {
    this.#feeds = feeds.filter(({ networks }) => networks.size > 0)
  }

  noteRisks(reports: readonly ClientRiskReport[]): void {
    for (const report of reports) {
      this.#risks.delete(report.client)
      if (report.risk > 0) this.#risks.set(report.client, report)
      if (this.#risks.size > KNOWN_RISKS_MAX) this.#risks.delete(this.#risks.keys().next().value!)
    }
  }

  /** Why this client is refused; null: it is not, or the text is no address. */
  refusalOf(client: string, nowMs?: number): Refusal | null {
    if (this.blocks.size === 0 && this.#feeds.length === 0 && this.#blockByConfig.size === 0) return null
    const address = parseAddress(client)
    if (address === null || this.#allow.has(address)) return null
    const block = this.blocks.find(address, nowMs ?? Date.now())
    if (block !== null) return { source: block.source, reason: block.reason, untilMs: block.untilMs }
    if (this.#blockByConfig.has(address)) return BLOCKED_BY_CONFIG
    const feed = this.#feeds.find(({ networks }) => networks.has(address))
    return feed === undefined ? null : { source: 'feed', reason: feed.url, untilMs: null }
  }

  /** The risk of a client, 0 to 100, decayed since it was told. */
  riskOf(client: string, nowMs?: number): number {
    if (this.#risks.size === 0) return 0
    const network = clientNetworkOf(client)
    const report = network === null ? undefined : this.#risks.get(networkText(network))
    if (report === undefined) return 0
    const sum = -Math.log(1 - Math.min(report.risk, 99.99) / 100)
    return 100 * (1 - Math.exp(-sum * 2 ** (-Math.max(0, (nowMs ?? Date.now()) - report.atMs) / RISK_HALF_LIFE_MS)))
  }
}

const BLOCKED_BY_CONFIG: Refusal = { source: 'config', reason: 'guard.block', untilMs: null }

function networksOf(texts: readonly string[]): Network[] {
  return texts.flatMap((text) => parseNetwork(text) ?? [])
}
