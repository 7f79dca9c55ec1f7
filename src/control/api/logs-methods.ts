import type { LogPage, LogQuery } from '../../observe/logs/line.ts'
import type { FollowAnswer, FollowAsk } from '../../observe/logs/ring.ts'
import type { Around, LogStats } from '../../observe/logs/thread/messages.ts'

/** The control API's methods about the lines of all outputs. */
export interface LogMethods {
  /**
   * The newest lines that match, newest first: at most `limit` (default 200, at most 1 000). `before`: `next` of the page
   * before. Refused with `logs.cursor` when that is none.
   */
  'logs.search': {
    input: { query: LogQuery; limit?: number; before?: string | null }
    output: LogPage
  }
  /** Lines that came since `after` (null: from now on); waits up to `waitMs` (at most 30 s) for one. */
  'logs.follow': { input: FollowAsk; output: FollowAnswer }
  /** What stands around a line, its request and its trace. `count`: lines before and behind, at most 200. */
  'logs.around': { input: { id: string; count: number }; output: Around }
  /** What was left out, and what is on disk. */
  'logs.stats': { input: { none?: never }; output: LogStats }
}
