import { setTimeout as wait } from 'node:timers/promises'
import { environmentDown, type ControlClient } from '../control/api/client.ts'
import { followLive } from '../control/api/live-client.ts'
import type { Reach } from '../control/api/reach.ts'
import { Problem } from '../core/problem.ts'
import { PAGE_LINES_MAX, type LogPage, type LogQuery, type StoredLine } from '../observe/logs/line.ts'
import { keptLine, type ShownLine } from './log-lines.ts'

/** How long a control that is away is waited for while its lines are followed: it is started again within that. */
const AWAY_MS = 10_000
/** A control that has not answered by then is taken for one that is away: a page takes two seconds at most. */
const ANSWER_MS = 5_000

/** The newest `count` kept lines that match, oldest first; null when control cannot be asked: then there are the files. */
export async function searchKept(
  control: ControlClient,
  query: LogQuery,
  count: number,
): Promise<readonly ShownLine[] | null> {
  const lines: StoredLine[] = []
  let before: string | null = null
  try {
    while (lines.length < count) {
      const limit = Math.min(count - lines.length, PAGE_LINES_MAX)
      const page = await inTime(control.call('logs.search', { query, limit, before }))
      lines.push(...page.lines)
      if (page.next === null) break
      before = page.next
    }
  } catch (error) {
    if (isAway(error)) return null
    throw error
  }
  return lines.toReversed().map(keptLine)
}

/** Every kept line that matches as JSON, a line each, newest first, page by page: as fast as they are taken. */
export async function exportLogs(control: ControlClient, query: LogQuery, write: (text: string) => Promise<void>) {
  let before: string | null = null
  do {
    const page: LogPage = await control.call('logs.search', { query, limit: PAGE_LINES_MAX, before })
    if (page.lines.length > 0) await write(page.lines.map((line) => JSON.stringify(line) + '\n').join(''))
    before = page.next
  } while (before !== null)
}

export interface FollowKeptOptions {
  readonly to: string | Reach
  readonly query: LogQuery
  /** Lines to begin with, oldest first. Asked for once new ones are being listened for, so that none falls between. */
  readonly first: () => Promise<readonly ShownLine[] | null>
  readonly print: (line: ShownLine) => void
  readonly note: (text: string) => void
  readonly signal: AbortSignal
}

/**
 * Prints lines as they are kept, until the signal aborts or the environment is stopped; through a control that is started again.
 * Says whether control has gone for good, and up to which time lines were printed.
 */
export async function followKept(options: FollowKeptOptions): Promise<{ isAway: boolean; lastMs: number | null }> {
  const { to, query, first, note, signal } = options
  const { fromMs: _, toMs: __, ...lines } = query
  const shown = new Set<string | null>()
  let lastMs: number | null = null
  const print = (line: ShownLine): void => {
    lastMs = Math.max(lastMs ?? 0, line.atMs)
    options.print(line)
  }
  let isFirst = true
  try {
    for await (const news of followLive(to, { topics: ['logs'], lines, awayMs: AWAY_MS, signal })) {
      if (news.event === 'connected' && isFirst) {
        isFirst = false
        for (const line of (await first()) ?? []) {
          shown.add(line.id)
          print(line)
        }
      } else if (news.event === 'line' && !shown.delete(news.data.id)) print(keptLine(news.data))
      else if (news.event === 'gap') note(`${news.data.lost ?? 'some'} lines went by too fast to be shown`)
      else if (news.event === 'stopped') note('the environment was stopped')
    }
  } catch (error) {
    if (isAway(error)) return { isAway: true, lastMs }
    throw error
  }
  return { isAway: false, lastMs }
}

/** @throws Problem `environment.down` when there is no answer in time */
async function inTime(asked: Promise<LogPage>): Promise<LogPage> {
  const answered = new AbortController()
  const late = async (): Promise<never> => {
    await wait(ANSWER_MS, undefined, { signal: answered.signal })
    throw environmentDown('control')
  }
  try {
    return await Promise.race([asked, late()])
  } finally {
    answered.abort()
  }
}

/** Nobody answers, or the thread that keeps the lines is being started again. */
function isAway(error: unknown): boolean {
  return error instanceof Problem && ['environment.down', 'logs.busy'].includes(error.code)
}
