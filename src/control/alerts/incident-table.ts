import type { IncidentRecord } from '../../observe/alerts/incident-record.ts'
import type { TimelineEntry } from '../../observe/alerts/incident.ts'
import { movedIncident, type Move } from '../../observe/alerts/set-back.ts'
import type { State } from '../state.ts'

/** Incidents kept; of those that are over the oldest go first. */
export const INCIDENTS_MAX = 1_000
/** Entries of one incident; beyond, the oldest but the first goes. */
export const ENTRIES_MAX = 2_000

export interface Incidents {
  /** A number that no incident has had. */
  nextId(): string
  save(incident: IncidentRecord): void
  find(id: string): IncidentRecord | null
  /** Newest first. */
  list(limit: number): readonly IncidentRecord[]
  /** The newest of each group, of those that are not over, or ended after `sinceMs`. */
  current(sinceMs: number): readonly IncidentRecord[]
  /** Every instant of an incident and of its entries becomes another one. */
  move(incident: IncidentRecord, move: Move): void
  add(id: string, entry: TimelineEntry): void
  /** Oldest first. */
  entries(id: string): readonly TimelineEntry[]
}

export function makeIncidents(state: State): Incidents {
  return state.tables((db) => {
    db.exec(`create table if not exists incidents (
      number integer primary key, family text not null, resolved_at integer, incident text not null) strict`)
    db.exec(`create table if not exists incident_entries (
      seq integer primary key autoincrement, incident text not null, entry text not null) strict`)
    db.exec('create index if not exists incident_entries_of on incident_entries (incident, seq)')
    const parse = (row: Record<string, unknown>): IncidentRecord =>
      JSON.parse(row['incident'] as string) as IncidentRecord
    const save = (incident: IncidentRecord): void => {
      db.prepare('insert or replace into incidents values (?, ?, ?, ?)').run(
        numberOf(incident.id),
        incident.group,
        incident.resolvedAtMs,
        JSON.stringify(incident),
      )
    }
    return {
      nextId: () => `i${state.nextNumber('incident')}`,
      save: (incident) => {
        save(incident)
        const { changes } = db
          .prepare(
            `delete from incidents where number in
             (select number from incidents order by resolved_at is null desc, number desc limit -1 offset ?)`,
          )
          .run(INCIDENTS_MAX)
        if (changes > 0)
          db.exec("delete from incident_entries where incident not in (select 'i' || number from incidents)")
      },
      find: (id) => {
        const row = db.prepare('select incident from incidents where number = ?').get(numberOf(id))
        return row === undefined ? null : parse(row)
      },
      list: (limit) => db.prepare('select incident from incidents order by number desc limit ?').all(limit).map(parse),
      current: (sinceMs) => {
        const rows = db
          .prepare('select incident from incidents where resolved_at is null or resolved_at > ? order by number')
          .all(sinceMs)
        return [...new Map(rows.map(parse).map((each) => [each.group, each])).values()]
      },
      move: (incident, move) => {
        save(movedIncident(incident, move))
        const rewrite = db.prepare('update incident_entries set entry = ? where seq = ?')
        for (const { seq, entry } of db
          .prepare('select seq, entry from incident_entries where incident = ?')
          .all(incident.id)) {
          const parsed = JSON.parse(entry as string) as TimelineEntry
          rewrite.run(JSON.stringify({ ...parsed, atMs: move(parsed.atMs) }), seq as number)
        }
      },
      add: (id, entry) => {
        db.prepare('insert into incident_entries (incident, entry) values (?, ?)').run(id, JSON.stringify(entry))
        db.prepare(
          `delete from incident_entries where incident = ?1 and seq in
           (select seq from incident_entries where incident = ?1 order by seq desc limit -1 offset ?2)
           and seq != (select min(seq) from incident_entries where incident = ?1)`,
        ).run(id, ENTRIES_MAX - 1)
      },
      entries: (id) =>
        db
          .prepare('select entry from incident_entries where incident = ? order by seq')
          .all(id)
          .map((row) => JSON.parse(row['entry'] as string) as TimelineEntry),
    }
  })
}

function numberOf(id: string): number {
  return /^i\d{1,9}$/.test(id) ? Number(id.slice(1)) : -1
}
