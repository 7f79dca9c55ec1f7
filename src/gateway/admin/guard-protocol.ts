/** What workers and control tell each other for the guard; see protocol.ts. */
import type { SecurityEvent } from '../../guard/event.ts'
import type { CountedRule, Taken, Want } from '../../guard/limit/store.ts'
import type { BlockChange } from '../../guard/reputation/block-journal.ts'
import type { Block } from '../../guard/reputation/block.ts'
import type { ClientRiskReport } from '../../guard/reputation/reputation.ts'

export type GuardFromWorker =
  /** Sent again after a reconnection until it is answered by `security-kept`: an event may come twice, none is lost. */
  | { readonly type: 'security'; readonly batch: number; readonly events: readonly SecurityEvent[] }
  | { readonly type: 'blocks-applied'; readonly version: number }
  /**
   * Takes from counts that all workers share; answered by `lease`. One set for each request: all of it is taken, or nothing.
   * The rules bring their quotas, so that control needs to know no policy.
   */
  | {
      readonly type: 'lease'
      readonly ask: number
      readonly rules: readonly CountedRule[]
      readonly sets: readonly (readonly LeaseWant[])[]
    }

  /** Connections that clients hold in this worker, where they have changed. */
  | { readonly type: 'connections'; readonly clients: readonly ClientCount[] }

/** The client's address, or its network (src/guard/limit/client-key.ts), and how many. */
export type ClientCount = readonly [client: string, count: number]

export interface LeaseWant extends Omit<Want, 'rule'> {
  /** Which of the message's rules. */
  readonly rule: number
}

export type GuardToWorker =
  /** Connections that clients hold in the other workers, where they have changed. */
  | { readonly type: 'connections'; readonly clients: readonly ClientCount[] }
  /** Accounts and addresses that failed too often, at all workers together. */
  | { readonly type: 'locks'; readonly locks: readonly { readonly key: string; readonly untilMs: number }[] }
  | { readonly type: 'security-kept'; readonly batch: number }
  /** Sent after `hello`, and when something of it changes. */
  | {
      readonly type: 'limits'
      /** What the witness shows, so that no limit counts it. */
      readonly witness: string
      /** Where counts are kept instead of at control: a URL with its password, and what all keys begin with. */
      readonly redis: { readonly url: string; readonly prefix: string } | null
    }
  | {
      readonly type: 'lease'
      readonly ask: number
      /** Workers that are connected: a limit is divided among them while control is away. */
      readonly sharers: number
      readonly sets: readonly Taken[]
    }
  /** All blocks in force: whole, never a patch. */
  /** All blocks in force; answered by `blocks-applied`, as are the changes that follow on the same connection. */
  | { readonly type: 'blocks'; readonly version: number; readonly blocks: readonly Block[] }
  | { readonly type: 'blocks-changed'; readonly version: number; readonly changes: readonly BlockChange[] }
  /** This feed's networks have been saved anew: see feed-file.ts. */
  | { readonly type: 'feed'; readonly url: string }
  | { readonly type: 'risks'; readonly reports: readonly ClientRiskReport[] }
