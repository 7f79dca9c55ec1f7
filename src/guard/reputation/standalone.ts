import type { SecurityEvent } from '../event.ts'
import { clientNetworkOf, networkText } from './address.ts'
import { BlockBook } from './block-book.ts'
import type { Block } from './block.ts'
import { parseFeed, type ParsedFeed } from './feed.ts'
import { NetworkSet } from './network-set.ts'
import { Reputation, type FeedSet, type Refusal } from './reputation.ts'
import { RiskBook, type Risk } from './risk.ts'

export interface ReputationOptions {
  /** Addresses and networks that are never refused … */
  readonly allow?: readonly string[]
  /** … and those that always are. */
  readonly block?: readonly string[]
  /** Proxies whose address stands for many clients: no risk blocks them. */
  readonly trusted?: readonly string[]
  /** Where blocks outlive the process, in a folder that is there. @default nowhere */
  readonly file?: string
  /** Milliseconds since the epoch. @default Date.now */
  readonly now?: () => number
}

/** Who has a bad name, in a program of one process. */
export interface StandaloneReputation {
  /** Why a client is refused; null: it is not. */
  refusalOf(client: string): Refusal | null
  riskOf(client: string): Risk
  /** Adds what was seen to the client's risk, and blocks it when that passes the threshold. Returns a block that begins. */
  note(event: Pick<SecurityEvent, 'client' | 'kind' | 'class' | 'score' | 'refused'>): Block | null
  /** Blocks by hand, and all that are in force. */
  readonly blocks: BlockBook
  /** Puts the networks of a list in place of those that this name has; says which lines are bad. */
  feed(name: string, text: string): Promise<ParsedFeed>
}

/** A reputation for use in any program, apart from the gateway. Needs no network, keeps no timers. */
export function createReputation(options: ReputationOptions = {}): StandaloneReputation {
  const { allow = [], block = [], trusted = [], file = null, now = Date.now } = options
  const known = new Reputation()
  known.configure({ allow, block })
  const risks = new RiskBook()
  const feeds = new Map<string, FeedSet>()
  const blocks = new BlockBook({
    file,
    now,
    allowed: () => allow,
    trusted: () => trusted,
    publish(changes) {
      for (const change of changes)
        if ('add' in change) known.blocks.add(change.add)
        else known.blocks.remove(change.remove)
    },
    onChange: () => {},
  })
  known.replaceBlocks(blocks.list())
  return {
    refusalOf: (client) => known.refusalOf(client, now()),
    riskOf: (client) => risks.of(keyOf(client) ?? client, now()),
    note(event) {
      const client = keyOf(event.client)
      if (client === null) return null
      blocks.expire()
      risks.note(client, event, now())
      return blocks.judge(client, risks.of(client, now()))
    },
    blocks,
    async feed(name, text) {
      const parsed = await parseFeed(text, now())
      feeds.set(name, { url: name, networks: NetworkSet.of(parsed.networks) })
      known.replaceFeeds([...feeds.values()])
      return parsed
    },
  }
}

function keyOf(client: string): string | null {
  const network = clientNetworkOf(client)
  return network && networkText(network)
}
