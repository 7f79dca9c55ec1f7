import type { Reached } from '../control/guard/block-distribution.ts'
import type { EventRecord } from '../control/guard/events/record.ts'
import type { FeedStatus } from '../control/guard/feeds.ts'
import type { Block } from '../guard/reputation/block.ts'

export function describeBlock({ address, untilMs }: Block): string {
  return `${address} is blocked${untilMs === null ? ' until it is taken away' : ` until ${timeOf(untilMs)}`}`
}

export function describeReached({ applied, workers }: Reached): string {
  return `${applied} of ${workers} workers know it`
}

export function describeFeed({ url, loadedAtMs, networks, badCount, error, nextAtMs }: FeedStatus): readonly string[] {
  return [
    url,
    loadedAtMs === null ? 'never read' : `read ${timeOf(loadedAtMs)}`,
    `${networks} networks`,
    `${badCount} bad lines`,
    error === null ? `next ${timeOf(nextAtMs)}` : `failed: ${error}`,
  ]
}

/** A row of `guard events`. */
export function describeEvent(record: EventRecord): readonly string[] {
  const { sequence, time, kind, client, refused, count = 1, until } = record
  const several = count === 1 ? '' : ` ${count} times until ${until ?? time}`
  return [
    String(sequence),
    time,
    kind + (refused || !ATTACKS.has(kind) ? '' : ' (monitored)'),
    client === '' ? '-' : client,
    record.method === '' ? '-' : `${record.method} ${printable(record.path)}`,
    `${printable(whatOf(record))}${several}`,
  ]
}

const ATTACKS = new Set(['threat'])

function whatOf({ class: threat, score, evidence, reason }: EventRecord): string {
  if (threat === null) return reason
  const [strongest] = evidence
  const proof = strongest === undefined ? '' : ` ${strongest.location} ${strongest.name}: ${strongest.excerpt}`
  return `${threat} ${score}${proof}`
}

/** What a client has written must not steer the terminal of who reads it. */
function printable(text: string): string {
  // oxlint-disable-next-line no-control-regex -- control characters are what it is about
  return text.replace(/[\u0000-\u001f\u007f-\u009f]/g, '?')
}

function timeOf(ms: number): string {
  return new Date(ms).toISOString()
}
