import type { JournalPoint, Plan, PlanKind } from './plan.ts'
import type { Proof } from './proof.ts'

/** Written and synced before and after every operation; kept with control, so that any CLI can go on from it. */
export interface JournalEntry extends JournalPoint {
  readonly deploy: string
  /** Milliseconds since the epoch. */
  readonly at: number
}

/**
 * `running` covers a deploy whose CLI died, too: whether somebody is at work is what the lease says.
 * `inconclusive`: live, but the watch saw too few answers for a verdict.
 */
export const DEPLOY_STATES = ['running', 'done', 'inconclusive', 'refused', 'taken-back', 'aborted', 'failed'] as const
export type DeployState = (typeof DEPLOY_STATES)[number]

export interface DeployRecord {
  /** `d7`: the number is the release's sequence when it made one. */
  readonly id: string
  readonly kind: PlanKind
  readonly state: DeployState
  /** user@host of whoever began it. */
  readonly by: string
  readonly startedAt: number
  readonly finishedAt: number | null
  /** Why it ended as it did. */
  readonly message: string | null
  readonly plan: Plan
  readonly journal: readonly JournalEntry[]
  readonly proof: Proof | null
}

/** Operations whose end is in the journal. */
export function doneOperations(journal: readonly JournalEntry[]): ReadonlySet<string> {
  return new Set(journal.filter(({ point }) => point === 'end').map(({ operation }) => operation))
}

/** True once traffic may have reached the next release, by its trial or by the switch: from here on only control goes back. */
export function hasTraffic(journal: readonly JournalEntry[]): boolean {
  return isPastSwitch(journal) || journal.some(({ operation }) => operation === 'canary')
}

/** True once the switch has begun. */
export function isPastSwitch(journal: readonly JournalEntry[]): boolean {
  return journal.some(({ operation }) => operation === 'switch')
}

/** Services of what is live were stopped for it, and it does not take their traffic. */
export function hasMadeRoom(running: DeployRecord | null): boolean {
  if (running === null || hasTraffic(running.journal)) return false
  const stops = new Set(running.plan.operations.flatMap(({ id, kind }) => (kind === 'stop' ? [id] : [])))
  return running.journal.some(({ operation }) => stops.has(operation))
}
