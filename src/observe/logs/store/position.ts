import { Problem } from '../../../core/problem.ts'

/** A line's place in the order of all: by time, then by segment, then by what came first. */
export interface Position {
  readonly atMs: number
  readonly segment: number
  readonly count: number
}

/** Lines of one millisecond that a segment can tell apart: a key must stay a whole number that JavaScript has. */
export const COUNTS = 2 ** 20
/** And as far as a line's time may be from the beginning of its segment: beyond, it stands at this edge. */
const SPAN_MS = 90 * 24 * 60 * 60_000

/** The key of a line within its segment: milliseconds since the segment's beginning, then a count. */
export function keyOf(baseMs: number, { atMs, count }: Pick<Position, 'atMs' | 'count'>): number {
  return Math.max(-SPAN_MS, Math.min(atMs - baseMs, SPAN_MS)) * COUNTS + (count % COUNTS)
}

/** The position behind a key. */
export function positionOf(baseMs: number, segment: number, key: number): Position {
  const ms = Math.floor(key / COUNTS)
  return { atMs: baseMs + ms, segment, count: key - ms * COUNTS }
}

/** Keys of a segment below this one are older than the position. */
export function keyBelow(baseMs: number, segment: number, before: Position): number {
  if (segment === before.segment) return keyOf(baseMs, before)
  return keyOf(baseMs, { atMs: before.atMs + (segment < before.segment ? 1 : 0), count: 0 })
}

/** Negative when `one` is newer. */
export function newestFirst(one: Position, other: Position): number {
  return other.atMs - one.atMs || other.segment - one.segment || other.count - one.count
}

export function formatPosition({ atMs, segment, count }: Position): string {
  return `${atMs}-${segment}-${count}`
}

/** @throws Problem `logs.cursor` */
export function parsePosition(text: string): Position {
  const [, atMs, segment, count] = /^(\d{1,15})-(\d{1,9})-(\d{1,7})$/.exec(text) ?? []
  if (count === undefined)
    throw new Problem('logs.cursor', `'${text.slice(0, 80)}' is no place among the lines`, {
      hint: 'Give what an earlier page said, as it was.',
    })
  return { atMs: Number(atMs), segment: Number(segment), count: Number(count) }
}
