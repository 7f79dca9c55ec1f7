import type { PauseStatus } from '../control/api/pause-methods.ts'

/** What is paused: `api, web are held`, `every service is in maintenance`. */
export function describePaused({ kind, services }: PauseStatus): string {
  const what = services === null ? 'every service' : services.join(', ')
  const verb = services !== null && services.length > 1 ? 'are' : 'is'
  return `${what} ${verb} ${kind === 'hold' ? 'held' : 'in maintenance'}`
}

/** How many requests it has met, and what became of them; those that wait when it is over go on. */
export function describeCounts({ kind, counts }: PauseStatus, isOver = false): string {
  const { held, forwarded, overflowed, timedOut, left, lost, turnedAway } = counts
  const parts = [
    ...(kind === 'hold' || held > 0 ? [`${held} ${isOver ? 'go on now' : 'waiting'}`] : []),
    ...some(forwarded, 'sent on'),
    ...some(overflowed, 'found no room'),
    ...some(timedOut, 'waited too long'),
    ...some(left, 'left'),
    ...some(lost, 'lost with their worker'),
    ...(kind === 'maintenance' || turnedAway > 0 ? [`${turnedAway} turned away`] : []),
  ]
  return parts.join(', ')
}

function some(count: number, what: string): readonly string[] {
  return count === 0 ? [] : [`${count} ${what}`]
}
