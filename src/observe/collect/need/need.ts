import type { Source } from '../source.ts'

/** A server that is asked over one connection, which is kept. */
export interface NeedSource extends Source {
  /** Ends the connection; the source is not read any more. */
  close(): void
}

/** Nobody waits longer for a server; below the time that a source has, so that the reason is the server's. */
export const ASK_MS = 2_000

/**
 * A server that answers, but not to this: it is up, and nobody can say more of it. An exporter would be there and show nothing.
 */
export class NotAllowed extends Error {}

/** What is known of a server that does not answer, and of one that does. */
export function needUp(
  need: string,
  kind: string,
  isUp: boolean,
): { metric: string; labels: Record<string, string>; value: number } {
  return { metric: 'seaworthy_need_up', labels: { need, kind }, value: isUp ? 1 : 0 }
}
