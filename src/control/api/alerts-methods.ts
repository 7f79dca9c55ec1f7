import type { Matcher } from '../../core/series/labels.ts'
import type { Alert } from '../../observe/alerts/alert.ts'
import type { IncidentRecord } from '../../observe/alerts/incident-record.ts'
import type { TimelineEntry, Verdict } from '../../observe/alerts/incident.ts'
import type { Silence } from '../../observe/alerts/stages/context.ts'
import type { Severity } from '../../promises/alert-rule.ts'

interface Nothing {
  readonly none?: never
}

/** What is wrong, who was told, and what people do about it. */
export interface AlertsMethods {
  /** What holds, fires, has just ended, or cannot be known; and the rules in force. */
  'alerts.list': { input: Nothing; output: AlertsOverview }
  /** Mutes what matches, for at most SILENCE_MS_MAX; it ends by itself. */
  'alerts.silence': {
    input: { matchers: readonly Matcher[]; forMs: number; reason: string; by: string }
    output: { silence: Silence }
  }
  'alerts.unsilence': { input: { silence: string; by: string }; output: { silence: Silence } }
  /** Sends a real message to one channel, the way alerts go. */
  'alerts.test': { input: { channel: string; by: string }; output: { notification: string } }
  /** Newest first. */
  'incident.list': { input: { limit: number }; output: { incidents: readonly IncidentRecord[] } }
  /** With its alerts, notifications and notes, and the deploys and actions of its time. */
  'incident.get': {
    input: { incident: string }
    output: { incident: IncidentRecord; timeline: readonly TimelineEntry[] }
  }
  /** Ends escalation and repetition; it still resolves when its alerts end. */
  'incident.acknowledge': { input: { incident: string; by: string }; output: { incident: IncidentRecord } }
  /** Over, with its cause; of one that has ended by itself the cause is noted. */
  'incident.resolve': {
    input: { incident: string; cause: string; by: string }
    output: { incident: IncidentRecord }
  }
  'incident.note': { input: { incident: string; text: string; by: string }; output: Nothing }
}

export interface AlertsOverview {
  readonly alerts: readonly ListedAlert[]
  readonly rules: readonly { readonly name: string; readonly severity: Severity; readonly origin: string }[]
  /** Newest first, those that are over among them. */
  readonly silences: readonly Silence[]
  /** The newest complete evaluation, in milliseconds since the epoch. */
  readonly evaluatedAtMs: number
  /** Whether somebody outside is told every minute that rules are evaluated. */
  readonly isWatchedOutside: boolean
}

export interface ListedAlert extends Alert {
  readonly severity: Severity
  readonly summary: string
  readonly runbook: string
  /** Why nobody is told; null: somebody is. */
  readonly held: Extract<Verdict, { kind: 'hold' }> | null
}
