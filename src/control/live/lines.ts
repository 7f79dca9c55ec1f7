import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Clock } from '../../core/clock.ts'
import { Problem } from '../../core/problem.ts'
import { PAGE_LINES_MAX, type LogPage, type LogQuery, type StoredLine } from '../../observe/logs/line.ts'
import type { FollowAnswer } from '../../observe/logs/ring.ts'
import type { LogThread } from '../../observe/logs/thread/client.ts'
import type { Gap } from '../api/live-events.ts'
import type { LinePlace } from './place.ts'
import type { LiveStream } from './stream.ts'

/** How long one question for new lines waits. Short: that of a reader who has left is in the way of others until then. */
const FOLLOW_MS = 5_000
/** After an answer that came empty and early, or none. */
const AGAIN_MS = 250
/** A line stands in the order of times, so one that came after a place was noted may have a time before that. */
export const OVERLAP_MS = 10_000
/** Lines looked up at most where another thread reads the logs since. */
export const CAUGHT_UP_MAX = 10_000

/** Lines told to all readers together in a second: some 6 % of a core. What is more goes by. */
export const LINES_PER_SECOND = 20_000
/** Lines told in one go: others have their turn then. */
const LINES_IN_A_TURN = 100

export interface LineSource {
  readonly logs: Pick<LogThread, 'call'>
  readonly clock: Clock
  /** How many are told lines now. */
  readonly readers: () => number
}

/**
 * Tells a reader the lines it asks for, as fast as it takes them: what it does not take waits in the tail that all readers
 * share, and when that has gone on without it, it is told of a gap. Ends with the stream.
 */
export async function tellLines(stream: LiveStream, { logs, clock, readers }: LineSource): Promise<void> {
  const { lines: query } = stream.ask
  /** Told out of the store, so not again out of the tail. */
  let caughtUp: ReadonlySet<string> = new Set()
  const again = (): Promise<void> => clock.sleep(AGAIN_MS, stream.over).catch(() => {})
  while (!stream.over.aborted) {
    await stream.room()
    const before = stream.place.lines
    const askedAt = clock.now()
    const ask = { query, after: before?.after ?? null, waitMs: before?.told === 0 ? FOLLOW_MS : 0 }
    const answer: FollowAnswer | null = await logs.call('follow', ask).catch(ifBusy)
    if (stream.over.aborted) return
    const nowMs = clock.now()
    if (answer !== null && before !== null && epochOf(before.after) !== epochOf(answer.after)) {
      const missed = await missedLines(logs, query, before.atMs).catch(ifBusy)
      if (missed === null) {
        await again()
        continue
      }
      if (missed.isCut) tellGap(stream, null)
      await tellAll(
        stream,
        missed.lines.map((line) => ({ line, place: before })),
      )
      caughtUp = new Set(missed.lines.map(({ id }) => id))
      await tellAll(
        stream,
        answer.lines.filter(({ id }) => !caughtUp.has(id)).map((line) => ({ line, place: before })),
      )
    } else if (answer !== null) {
      if (answer.dropped > 0) tellGap(stream, answer.dropped)
      const from = Math.max((before?.told ?? 0) - answer.dropped, 0)
      const placed = answer.lines.map((line, index) => ({ line, place: before && { ...before, told: index + 1 } }))
      await tellAll(
        stream,
        placed.slice(from).filter(({ line: { id } }) => !caughtUp.has(id)),
      )
    }
    if (stream.over.aborted) return
    if (answer !== null) stream.place = { ...stream.place, lines: { after: answer.after, told: 0, atMs: nowMs } }
    // From here on nothing is left out: a reader that breaks off before the first line has to know where that was.
    if (answer !== null && before === null) stream.tellPlace()
    const isEarly = answer === null || (before !== null && answer.lines.length === 0 && nowMs - askedAt < FOLLOW_MS / 2)
    if (isEarly) await again()
    const pauseMs = ((answer?.lines.length ?? 0) * readers() * 1_000) / LINES_PER_SECOND
    if (pauseMs >= 1) await clock.sleep(pauseMs, stream.over).catch(() => {})
  }
}

/** Each with where the stream stands when it has been told. */
async function tellAll(
  stream: LiveStream,
  placed: readonly { readonly line: StoredLine; readonly place: LinePlace | null }[],
): Promise<void> {
  for (const [index, { line, place }] of placed.entries()) {
    if (stream.over.aborted) return
    stream.tell('line', JSON.stringify(line), { ...stream.place, lines: place })
    await stream.room()
    if (index % LINES_IN_A_TURN === LINES_IN_A_TURN - 1) await nextTurn()
  }
}

function tellGap(stream: LiveStream, lost: number | null): void {
  const gap: Gap = { topic: 'logs', lost }
  stream.tell('gap', JSON.stringify(gap), stream.place)
}

/**
 * What its predecessor has kept and may not have told, oldest first. Which of it a reader has got already nobody knows any
 * more: lines have an id for that.
 */
async function missedLines(
  logs: Pick<LogThread, 'call'>,
  query: LogQuery,
  sinceMs: number,
): Promise<{ readonly lines: readonly StoredLine[]; readonly isCut: boolean }> {
  const newestFirst: StoredLine[] = []
  let before: string | null = null
  do {
    const asked = { query: { ...query, fromMs: sinceMs - OVERLAP_MS }, limit: PAGE_LINES_MAX, before }
    const page: LogPage = await logs.call('search', asked)
    newestFirst.push(...page.lines)
    before = page.next
  } while (before !== null && newestFirst.length < CAUGHT_UP_MAX)
  return { lines: newestFirst.toReversed(), isCut: before !== null }
}

function epochOf(after: string): string {
  return after.slice(0, after.lastIndexOf(':'))
}

function ifBusy(error: unknown): null {
  if (error instanceof Problem && error.code === 'logs.busy') return null
  throw error
}
