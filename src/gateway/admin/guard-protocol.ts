/** What workers and control tell each other for the guard; see protocol.ts. */
import type { SecurityEvent } from '../../guard/event.ts'
import type { BlockChange } from '../../guard/reputation/block-journal.ts'
import type { Block } from '../../guard/reputation/block.ts'
import type { ClientRiskReport } from '../../guard/reputation/reputation.ts'

export type GuardFromWorker =
  /** Sent again after a reconnection until it is answered by `security-kept`: an event may come twice, none is lost. */
  | { readonly type: 'security'; readonly batch: number; readonly events: readonly SecurityEvent[] }
  | { readonly type: 'blocks-applied'; readonly version: number }
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
  | { readonly type: 'security-kept'; readonly batch: number }
  /** All blocks in force; answered by `blocks-applied`, as are the changes that follow on the same connection. */
  | { readonly type: 'blocks'; readonly version: number; readonly blocks: readonly Block[] }
  | { readonly type: 'blocks-changed'; readonly version: number; readonly changes: readonly BlockChange[] }
  | { readonly type: 'risks'; readonly reports: readonly ClientRiskReport[] }

export interface LeaseGrant {
  /** 0 to what was asked. */
  readonly tokens: number
  /** Tokens are void after this long. */
  readonly forMs: number
  /** Until the next token exists, when none was granted. */
  readonly retryMs: number
  readonly remaining: number
}
