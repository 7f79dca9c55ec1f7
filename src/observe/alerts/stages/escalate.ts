import type { IncidentRecord } from '../incident-record.ts'
import { isOpen } from '../incident.ts'
import type { Routes } from './context.ts'
import { takes } from './route.ts'

/** One step of one route whose time has come. */
export interface EscalationStep {
  /** `0/1`: the route's and the step's place in the config. */
  readonly id: string
  readonly to: readonly string[]
}

/** Steps that are due and have not been taken. Acknowledging or resolving an incident ends them all. */
export function escalate(incident: IncidentRecord, routes: Routes, nowMs: number): readonly EscalationStep[] {
  if (!isOpen(incident)) return []
  const fromMs = incident.wokeAtMs ?? incident.openedAtMs
  return routes.flatMap((route, place) =>
    takes(route, incident.severity)
      ? route.escalate
          .map((step, index) => ({ id: `${place}/${index}`, to: step.to, atMs: fromMs + step.afterMs }))
          .filter(({ id, atMs }) => atMs <= nowMs && !incident.escalated.includes(id))
          .map(({ id, to }) => ({ id, to }))
      : [],
  )
}
