import { NO_PAUSE_COUNTS } from '../gateway/pause-counts.ts'
import type { PauseRecord } from './pause-record.ts'
import type { State } from './state.ts'

/**
 * The pause that is, or null. A record that is none, however it came there, is dropped with an event: no table could be made
 * with it, and so nothing be deployed or resumed.
 */
export function readPause(state: State): PauseRecord | null {
  const record: unknown = state.get('pause')
  if (record === null || isPause(record)) return record
  // Read again and again: while there is no room once is enough.
  if (state.late.waiting === 0) state.late.do(() => drop(state))
  return null
}

function drop(state: State): void {
  state.atomically(() => {
    state.set('pause', null)
    state.addEvent(Date.now(), 'pause-dropped', 'the record of a pause could not be read: nothing is paused')
  })
}

function isPause(value: unknown): value is PauseRecord {
  const { kind, services, waitMs, page, since, by, before } = (value ?? {}) as Partial<PauseRecord>
  return (
    (kind === 'hold' || kind === 'maintenance') &&
    (services === null || (Array.isArray(services) && services.every((one) => typeof one === 'string'))) &&
    (waitMs === null || typeof waitMs === 'number') &&
    (page === null || typeof page === 'string') &&
    typeof since === 'number' &&
    typeof by === 'string' &&
    Object.keys(NO_PAUSE_COUNTS).every((name) => typeof { ...before }[name as keyof typeof before] === 'number')
  )
}
