import type { JournalEntry } from '../../deploy/journal.ts'
import type { EnvironmentEvent } from '../api/contract.ts'
import type { DeployLine, DeploysNow } from '../api/live-events.ts'
import type { State } from '../state.ts'

const DEPLOYS_TOLD = 20

/** What the live stream reads of state.db. */
export interface LiveRows {
  /** The sequence of the newest event there ever was. */
  newest(): number
  /** The sequence of the oldest that is kept. */
  oldest(): number
  /** Those behind `after`, oldest first. */
  events(after: number, limit: number): readonly EnvironmentEvent[]
  deploys(): Omit<DeploysNow, 'canary'>
}

export function makeLiveRows(state: State): LiveRows {
  return state.tables((db) => {
    const newest = db.prepare("select coalesce(max(seq), 0) as seq from sqlite_sequence where name = 'events'")
    const oldest = db.prepare('select coalesce(min(seq), 1) as seq from events')
    const events = db.prepare('select seq as sequence, at, kind, text from events where seq > ? order by seq limit ?')
    // Plans are large, and nobody follows them.
    const deploys = db.prepare(
      `select id, kind, json_extract(plan, '$.release.id') as release, state, "by", started_at as startedAt,
         finished_at as finishedAt, message from deploys order by number desc limit ?`,
    )
    const journal = db.prepare('select deploy, operation, point, at from journal where deploy = ? order by seq')
    return {
      newest: () => Number(newest.get()!['seq']),
      oldest: () => Number(oldest.get()!['seq']),
      events: (after, limit) => events.all(after, limit) as unknown as readonly EnvironmentEvent[],
      deploys: () => {
        const lines = deploys.all(DEPLOYS_TOLD) as unknown as readonly DeployLine[]
        const running = lines.find((line) => line.state === 'running')?.id ?? null
        const entries = running === null ? [] : (journal.all(running) as unknown as readonly JournalEntry[])
        return { deploys: lines, running: running === null ? null : { deploy: running, journal: entries } }
      },
    }
  })
}
