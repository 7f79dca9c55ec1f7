/**
 * Between gateways on other machines and control: the lines of ../admin/protocol.ts, one sealed connection for each worker, and
 * one more for the gateway itself with these.
 */
import type { FromWorker, ToWorker } from '../admin/protocol.ts'

export type FromGateway =
  /**
   * The first line of a gateway's own connection; its name is that of the connection. Answered by `welcome`. `leaving`: it has
   * said goodbye before.
   */
  | { readonly type: 'gateway'; readonly workers: number; readonly leaving: boolean }
  /** All its workers have been up: from now on whoever stands in front may send it requests, and switches wait for it. */
  | { readonly type: 'serves' }
  /** Its workers finish what they have and go: nobody waits for it any more. */
  | { readonly type: 'bye' }
  /** Answered by `file`. */
  | { readonly type: 'want'; readonly digest: string }
  /** A sign of life. */
  | { readonly type: 'beat' }
  | FromWorker

export type ToGateway =
  /** `isEmpty`: nothing was ever deployed, so that there is no table to wait for. */
  | { readonly type: 'welcome'; readonly isEmpty: boolean }
  /** A sign of life, on every connection. */
  | { readonly type: 'beat' }
  /** `content` in base64; null: it is not there any more, and a newer table or feed says what is. */
  | { readonly type: 'file'; readonly digest: string; readonly content: string | null }
  | Carrying
  | ToWorker

/** What a message to a worker refers to in the state folder of control, by its digest. */
export interface Carried {
  /** Of a file that the table names. */
  readonly path: string
  readonly digest: string
}

export interface CarriedFeed {
  readonly url: string
  readonly digest: string
}

export type Carrying =
  | (Extract<ToWorker, { type: 'table' }> & {
      readonly files: readonly Carried[]
      readonly feeds: readonly CarriedFeed[]
    })
  | (Extract<ToWorker, { type: 'feed' }> & { readonly digest: string })

/** How often each side shows that it lives, and after how much silence the other takes it for dead. */
export const BEAT_MS = 1_000
export const SILENCE_MS = 5_000
