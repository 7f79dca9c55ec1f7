/** What workers and control tell each other for the guard; see protocol.ts. */
import type { SecurityEvent } from '../../guard/event.ts'

export type GuardFromWorker =
  /** Bounded: `dropped` were not kept since the last message. */
  | { readonly type: 'security'; readonly events: readonly SecurityEvent[]; readonly dropped: number }
  /** Asks for tokens of these counters; answered by `lease`. `back`: tokens of earlier leases that were not used. */
  | { readonly type: 'lease'; readonly ask: number; readonly wants: readonly LeaseWant[] }

export interface LeaseWant {
  /** LimitRule.id. */
  readonly rule: string
  /** Whose count: an address prefix, a key's id, … */
  readonly key: string
  readonly tokens: number
  readonly back: number
}

export type GuardToWorker =
  | { readonly type: 'lease'; readonly ask: number; readonly grants: readonly LeaseGrant[] }
  /** All blocks in force: whole, never a patch. */
  | { readonly type: 'blocks'; readonly version: number; readonly blocks: readonly Block[] }

export interface LeaseGrant {
  /** 0 to what was asked. */
  readonly tokens: number
  /** Tokens are void after this long. */
  readonly forMs: number
  /** Until the next token exists, when none was granted. */
  readonly retryMs: number
  readonly remaining: number
}

/** An address or CIDR block that is refused. */
export interface Block {
  readonly address: string
  readonly reason: string
  readonly source: 'manual' | 'automatic' | 'feed'
  /** Null: until it is taken away. */
  readonly untilMs: number | null
}
