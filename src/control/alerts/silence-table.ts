import type { Silence } from '../../observe/alerts/stages/context.ts'
import type { State } from '../state.ts'

/** Silences kept at once, those that are over among them. */
export const SILENCES_MAX = 500

export interface Silences {
  /** Newest first. */
  all(): readonly Silence[]
  save(silence: Silence): void
  add(silence: Omit<Silence, 'id'>): Silence
  /** Ends one before its time. Null: there is none. */
  end(id: string, nowMs: number): Silence | null
}

export function makeSilences(state: State): Silences {
  return state.tables((db) => {
    db.exec('create table if not exists silences (number integer primary key, silence text not null) strict')
    const parse = (row: Record<string, unknown>): Silence => JSON.parse(row['silence'] as string) as Silence
    const save = (silence: Silence): Silence => {
      db.prepare('insert or replace into silences values (?, ?)').run(numberOf(silence.id), JSON.stringify(silence))
      return silence
    }
    return {
      all: () => db.prepare('select silence from silences order by number desc').all().map(parse),
      save: (silence) => void save(silence),
      add: (silence) => {
        const number = state.nextNumber('silence')
        db.prepare('delete from silences where number <= ?').run(number - SILENCES_MAX)
        return save({ ...silence, id: `s${number}` })
      },
      end: (id, nowMs) => {
        const row = db.prepare('select silence from silences where number = ?').get(numberOf(id))
        if (row === undefined) return null
        const silence = parse(row)
        return save({ ...silence, toMs: Math.min(silence.toMs, nowMs) })
      },
    }
  })
}

function numberOf(id: string): number {
  return /^s\d{1,9}$/.test(id) ? Number(id.slice(1)) : -1
}
