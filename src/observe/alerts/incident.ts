import type { Severity } from '../../promises/alert-rule.ts'
import type { Alert } from './alert.ts'

/** What an alert passes before somebody is told, in this order. */
export const STAGES = ['group', 'inhibit', 'silence', 'deduplicate', 'escalate', 'send'] as const
export type StageName = (typeof STAGES)[number]

/** What happens to an alert at a stage, for `alerts list` to explain why nobody was told. */
export type Verdict =
  | { readonly kind: 'pass' }
  | { readonly kind: 'hold'; readonly stage: StageName; readonly because: string; readonly untilMs: number | null }

/** What people are told: once for a group of alerts, again when it escalates, and when it is over. */
export interface Notification {
  /** The same for every try and after a restart: receivers tell by it that they have it already. */
  readonly id: string
  readonly kind: 'fired' | 'escalated' | 'acknowledged' | 'resolved' | 'deploy' | 'test'
  readonly incident: string | null
  /** See `dedupKeyOf`. */
  readonly dedupKey?: string
  readonly app: string
  readonly environment: string
  readonly severity: Severity
  readonly title: string
  readonly alerts: readonly Alert[]
  readonly runbook: string | null
  readonly atMs: number
}

export type TimelineEntry = { readonly atMs: number; readonly by: string } & (
  | { readonly kind: 'alert'; readonly rule: string; readonly state: Alert['state'] }
  | { readonly kind: 'deploy'; readonly deploy: string; readonly release: string; readonly state: string }
  | { readonly kind: 'action'; readonly method: string }
  | { readonly kind: 'notification'; readonly channel: string; readonly outcome: 'sent' | 'failed' }
  | { readonly kind: 'acknowledged' }
  | { readonly kind: 'resolved'; readonly cause: string | null }
  | { readonly kind: 'note'; readonly text: string }
)

export interface Incident {
  /** `i7`. */
  readonly id: string
  readonly severity: Severity
  readonly title: string
  readonly openedAtMs: number
  /** Null as long as nobody has. */
  readonly acknowledgedAtMs: number | null
  readonly resolvedAtMs: number | null
  readonly timeline: readonly TimelineEntry[]
}

/** Whether somebody has still to be woken: acknowledging or resolving ends every escalation. */
export function isOpen({
  acknowledgedAtMs,
  resolvedAtMs,
}: Pick<Incident, 'acknowledgedAtMs' | 'resolvedAtMs'>): boolean {
  return acknowledgedAtMs === null && resolvedAtMs === null
}

/** The first stage that holds an alert back; null: it is told. */
export function heldBy(verdicts: readonly Verdict[]): Extract<Verdict, { kind: 'hold' }> | null {
  const holds = verdicts.filter((verdict) => verdict.kind === 'hold')
  return holds.toSorted((one, other) => STAGES.indexOf(one.stage) - STAGES.indexOf(other.stage))[0] ?? null
}

/**
 * What everything that is told of one incident has in common, and nothing of another has: other than `i7`, which every
 * environment counts for itself, and begins anew when its state is.
 */
export function dedupKeyOf({
  dedupKey,
  id,
  incident,
  app,
  environment,
}: Pick<Notification, 'dedupKey' | 'id' | 'incident' | 'app' | 'environment'>): string {
  // A test has no incident, and must not join one. Incidents of versions that gave them no key go on as they began.
  return dedupKey ?? (incident === null ? id : `${app}/${environment}/${incident}`)
}

/** The id of a notification: what is told twice has the same. `step`: 1, 2 … of an escalation, 0 of everything else. */
export function notificationId(
  { app, environment, incident, kind }: Pick<Notification, 'app' | 'environment' | 'incident' | 'kind'>,
  step: number,
): string {
  return [app, environment, incident ?? '-', kind, ...(step === 0 ? [] : [step])].join('/')
}
