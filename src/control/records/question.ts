import type { EventFilter } from '../guard/events/query.ts'

/** The records that control links in a chain: who did what, and what the guard has seen. */
export type Chain = 'audit-trail' | 'security-events'

/** What is asked of the files beside control, in words that one argument holds. */
export type Question =
  /** `{ records }`, the newest that fit, oldest of them first. */
  | { readonly ask: 'audit-trail'; readonly sinceMs: number | null; readonly limit: number }
  | { readonly ask: 'security-events'; readonly filter: EventFilter; readonly limit: number }
  /** A `FilesHead`, and behind it what is in the files, one after the other. */
  | { readonly ask: 'files'; readonly of: Chain }

/** The first line before files. */
export interface FilesHead {
  /** What control remembers as the end of the chain. */
  readonly head: { readonly sequence: number; readonly hash: string }
  readonly files: readonly { readonly name: string; readonly bytes: number }[]
}

/** What a file of a chain may be called, relative to the state folder: nothing else is sent, and nothing else is written. */
export const FILE_NAMES: Readonly<Record<Chain, RegExp>> = {
  'audit-trail': /^audit-trail(-\d{1,16})?\.jsonl$/,
  'security-events': /^security\/events-\d{12}\.jsonl$/,
}
