import type { Alert } from './alert.ts'
import type { IncidentRecord } from './incident-record.ts'
import type { Silence } from './stages/context.ts'

/** An instant as another clock has it. */
export type Move = (atMs: number) => number

const maybe = (atMs: number | null, move: Move): number | null => (atMs === null ? null : move(atMs))

/** The same alert with its instants moved: how long it has held, or fired, stays true by a clock that was set back. */
export function movedAlert(alert: Alert, move: Move): Alert {
  return {
    ...alert,
    activeAtMs: maybe(alert.activeAtMs, move),
    firedAtMs: maybe(alert.firedAtMs, move),
    resolvedAtMs: maybe(alert.resolvedAtMs, move),
  }
}

/** The same incident with its instants moved. */
export function movedIncident(incident: IncidentRecord, move: Move): IncidentRecord {
  const { gone, wokeAtMs } = incident
  return {
    ...incident,
    openedAtMs: move(incident.openedAtMs),
    acknowledgedAtMs: maybe(incident.acknowledgedAtMs, move),
    resolvedAtMs: maybe(incident.resolvedAtMs, move),
    toldAtMs: move(incident.toldAtMs),
    quietSinceMs: maybe(incident.quietSinceMs, move),
    ...(gone === undefined
      ? {}
      : { gone: Object.fromEntries(Object.entries(gone).map(([key, atMs]) => [key, move(atMs)])) }),
    ...(wokeAtMs === undefined ? {} : { wokeAtMs: move(wokeAtMs) }),
  }
}

/**
 * A silence that is in force stays so for as long as it had left: longer would keep alarms back that nobody meant. One that
 * begins later was meant by the clock on the wall.
 */
export function movedSilence(silence: Silence, nowMs: number, byMs: number): Silence {
  const wasMs = nowMs + byMs
  const isInForce = silence.fromMs <= wasMs && wasMs < silence.toMs
  return isInForce ? { ...silence, fromMs: silence.fromMs - byMs, toMs: silence.toMs - byMs } : silence
}
