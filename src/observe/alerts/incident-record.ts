import type { Incident } from './incident.ts'

/** An incident with what control has to remember of what it told; its timeline lies beside it. */
export interface IncidentRecord extends Omit<Incident, 'timeline'> {
  readonly group: string
  /** What receivers know it by, for as long as it lives. @default app/environment/id, in records of earlier versions */
  readonly dedupKey?: string
  /** Keys of the alerts that were told, or that told ones explain. */
  readonly known: readonly string[]
  /** Those of them that do not fire, each since when. @default none */
  readonly gone?: Readonly<Record<string, number>>
  /** Channels that have heard of it: they hear of its end. */
  readonly told: readonly string[]
  readonly toldAtMs: number
  /** Times it was told: each message has an id of its own. */
  readonly messages: number
  /** Steps of escalations that were taken. */
  readonly escalated: readonly string[]
  /** Escalations sent since it was opened, also before it came back: each has an id of its own. @default those of `escalated` */
  readonly escalations?: number
  /** From when its escalations count: when it last woke somebody anew. @default openedAtMs */
  readonly wokeAtMs?: number
  /** How often it came back soon after it was over. */
  readonly reopened: number
  /** Since when none of its alerts fires; null while one does. */
  readonly quietSinceMs: number | null
  readonly cause: string | null
  /** Who has resolved it; null: its alerts ended. */
  readonly resolvedBy: string | null
  readonly runbook: string | null
}

/** What comes back within this time is the same incident, not another. */
export const REOPEN_MS = 5 * 60_000
/** How long it has to be quiet before its end is told: longer for what has come back before. */
const QUIET_MS = 10_000
const QUIET_MS_FLAPPING = 5 * 60_000

export function quietMsOf({ reopened }: Pick<IncidentRecord, 'reopened'>): number {
  return reopened === 0 ? QUIET_MS : QUIET_MS_FLAPPING
}
