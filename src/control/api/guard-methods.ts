import type { EventKind } from '../../guard/event.ts'
import type { LimitStatus } from '../../guard/limit/status.ts'
import type { Block } from '../../guard/reputation/block.ts'
import type { ClientRisk } from '../../guard/reputation/risk.ts'
import type { ThreatClass } from '../../guard/threats.ts'
import type { MinuteCounts } from '../guard/analytics.ts'
import type { Reached } from '../guard/block-distribution.ts'
import type { EventFilter } from '../guard/events/query.ts'
import type { EventRecord } from '../guard/events/record.ts'
import type { FeedStatus } from '../guard/feeds.ts'
import type { TriedRequest, TriedVerdict } from '../guard/check.ts'

/** Who asks: user@host. Whoever can open the socket is the operator; every call is on record under this name. */
export interface ByOperator {
  readonly by: string
}

/**
 * The guard's part of the control API. The socket belongs to the OS user who owns the state folder and opens for nobody
 * else: that user is the operator, and no call is answered without the name to be recorded.
 */
export interface GuardMethods {
  /**
   * Resolves when the block is saved and the workers refuse by it. `forMs` null: until it is taken away.
   * @throws Problem `api.not-address`, `guard.too-wide`, `guard.allowed`, `guard.too-many-blocks`
   */
  'guard.block': {
    input: ByOperator & { address: string; reason: string; forMs: number | null }
    output: { block: Block; reached: Reached }
  }
  /** Takes away a block by hand or an automatic one, and what was held against the client. */
  'guard.unblock': { input: ByOperator & { address: string }; output: { block: Block; reached: Reached } }
  /** In force, oldest first. */
  'guard.blocks': {
    input: ByOperator
    output: {
      blocks: readonly Block[]
      /** The lists of the config in force. */
      config: { readonly block: readonly string[]; readonly allow: readonly string[] }
    }
  }
  /** The newest that fit, the oldest of them first. @param limit at most EVENTS_MAX; @default 100 */
  'guard.events': {
    input: ByOperator & { filter?: EventFilter; limit?: number }
    output: { events: readonly EventRecord[] }
  }
  /** The feeds of the config in force, and what came of the last fetch. */
  'guard.feeds': { input: ByOperator; output: { feeds: readonly FeedStatus[] } }
  /** Fetches one now, or all (null). @throws Problem `guard.unknown-feed` */
  'guard.reload': { input: ByOperator & { url: string | null }; output: { feeds: readonly FeedStatus[] } }
  /** How the limits stand for an address, a key's id or a token's subject. Asking takes nothing. */
  'guard.limits': {
    input: ByOperator & { per: LimitStatus['per']; id: string }
    output: { limits: readonly LimitStatus[] }
  }
  /** What the policy in force says of a request that is not sent. Changes no count and blocks nobody. */
  'guard.check': { input: ByOperator & { request: TriedRequest }; output: TriedVerdict }
  /** Counts since control has started. */
  'guard.metrics': { input: ByOperator; output: GuardMetrics }
  /** How the environment stands: what attacks it, whom it refuses. */
  'guard.status': { input: ByOperator & { minutes?: number }; output: SecurityStatus }
}

export interface GuardMetrics {
  readonly events: number
  readonly refused: number
  readonly kinds: Readonly<Partial<Record<EventKind, number>>>
  readonly classes: Readonly<Partial<Record<ThreatClass, number>>>
  readonly blocks: { readonly manual: number; readonly automatic: number }
  /** Clients with a risk. */
  readonly clients: number
  readonly log: {
    readonly records: number
    readonly bytes: number
    /** Events that wait to be written. */
    readonly waiting: number
  }
}

export interface SecurityStatus {
  /** 0 to 100: see docs/guides/security-events.md. Halves, as a sum, every ten minutes without an attack. */
  readonly risk: number
  readonly causes: readonly { readonly cause: string; readonly risk: number }[]
  /** The riskiest, the worst first. */
  readonly clients: readonly ClientRisk[]
  /** By count, since control has started. */
  readonly classes: readonly { readonly class: ThreatClass; readonly count: number }[]
  /** Oldest first. */
  readonly minutes: readonly MinuteCounts[]
  readonly blocks: GuardMetrics['blocks']
  /** Null: nothing has been deployed. */
  readonly threats: 'block' | 'monitor' | 'off' | null
}
