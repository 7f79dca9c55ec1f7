import { readTrail, verifyTrail, type TrailVerdict } from '../control/audit/read-trail.ts'
import type { TrailRecord } from '../control/audit/trail.ts'
import { newestEvents, type EventFilter } from '../control/guard/events/query.ts'
import type { EventRecord } from '../control/guard/events/record.ts'
import { verifyEvents, type EventsVerdict } from '../control/guard/events/verify.ts'

/** The records that control links in chains, read from its files: whether it runs or not, and wherever they are. */
export interface Records {
  /** Where its files are, for whoever looks for them. */
  readonly place: string
  trail(options: { readonly sinceMs: number | null; readonly limit: number }): Promise<readonly TrailRecord[]>
  events: NewestEvents
  /** @throws Problem `audit.broken` */
  verifyTrail(): Promise<TrailVerdict>
  verifyEvents(): Promise<EventsVerdict>
  /** For one who looks again and again. */
  watchEvents(): { readonly events: NewestEvents } & Disposable
}

export type NewestEvents = (filter: EventFilter, limit: number) => Promise<readonly EventRecord[]>

/** On this machine. */
export function localRecords(stateFolder: string): Records {
  const events: NewestEvents = (filter, limit) => newestEvents(stateFolder, filter, limit)
  return {
    place: stateFolder,
    trail: async (options) => readTrail(stateFolder, options),
    events,
    verifyTrail: async () => verifyTrail(stateFolder),
    verifyEvents: async () => verifyEvents(stateFolder),
    watchEvents: () => ({ events, [Symbol.dispose]: () => {} }),
  }
}
