import type { Alert } from '../../observe/alerts/alert.ts'
import type { AlertStore } from '../../observe/alerts/evaluate/evaluator.ts'
import type { State } from '../state.ts'

/**
 * What holds, fires, or has just ended: in state.db, so that a restart begins no `for` anew and forgets no end. `onTurn` writes
 * down that an alert has turned, in the same change: whatever dies, there is not one without the other.
 */
export function makeAlertStore(state: State, onTurn: (alert: Alert) => void): AlertStore {
  return state.tables((db) => {
    db.exec('create table if not exists alerts (key text primary key, alert text not null) strict')
    return {
      all: () =>
        db
          .prepare('select alert from alerts')
          .all()
          .map((row) => JSON.parse(row['alert'] as string) as Alert),
      save: (changes, turned) =>
        state.atomically(() => {
          for (const [key, alert] of changes) {
            if (alert === null) db.prepare('delete from alerts where key = ?').run(key)
            else db.prepare('insert or replace into alerts values (?, ?)').run(key, JSON.stringify(alert))
          }
          for (const alert of turned) onTurn(alert)
        }),
    }
  })
}
