import type { ChainHead, Linked } from '../../../core/hash-chain.ts'
import type { SecurityEvent } from '../../../guard/event.ts'

type Told = Omit<SecurityEvent, 'atMs' | 'untilMs'>

/** An event as it is written: times are ISO 8601 in UTC. */
export type EventContent = Told & {
  readonly time: string
  /** Of the last one, where `count` says there were several. */
  readonly until?: string
  /** Of `events-retired`: the newest record that was taken away because of its age, or of all there were. */
  readonly through?: ChainHead
}

/** An event in its place in the log. */
export type EventRecord = Linked<EventContent>

export function contentOf({ atMs, untilMs, ...told }: SecurityEvent): EventContent {
  const time = new Date(atMs).toISOString()
  return untilMs === undefined ? { time, ...told } : { time, until: new Date(untilMs).toISOString(), ...told }
}

/** When the newest of what a record tells of happened, in milliseconds since the epoch. */
export function lastMsOf({ time, until }: Pick<EventContent, 'time' | 'until'>): number {
  return Date.parse(until ?? time)
}

/** What control itself tells: about a client, or about nobody ('' ). */
export function controlEvent(
  kind: SecurityEvent['kind'],
  atMs: number,
  parts: { readonly client?: string; readonly by?: string; readonly reason: string },
): SecurityEvent {
  return {
    kind,
    atMs,
    client: parts.client ?? '',
    correlationId: '',
    method: '',
    path: '',
    refused: false,
    class: null,
    score: 0,
    evidence: [],
    principal: parts.by ?? null,
    reason: parts.reason,
  }
}

/** The event that a record tells of. */
export function eventOf(record: EventRecord): SecurityEvent {
  const { time, until, sequence: _, previous: _previous, hash: _hash, through: _through, ...told } = record
  return { ...told, atMs: Date.parse(time), ...(until === undefined ? {} : { untilMs: Date.parse(until) }) }
}
