import type { Standing } from '../../promises/objective.ts'
import type { Severity } from '../../promises/alert-rule.ts'

/** `unknown`: nothing says that anything is wrong, and not everything that should speak does. */
export const HEALTH_STATES = ['fine', 'at-risk', 'broken', 'unknown'] as const
export type HealthState = (typeof HEALTH_STATES)[number]

/** Is the app fine, since when, and what changed. */
export interface HealthMethods {
  'health.look': { input: { readonly none?: never }; output: HealthReport }
}

/** Times are milliseconds since the epoch, on control's clock. */
export interface HealthReport {
  readonly at: number
  readonly state: HealthState
  /** When the answer last became another one. */
  readonly since: number
  /** What decides the answer, the worst first; for `fine` empty. */
  readonly reasons: readonly Reason[]
  /** What happened within the hour before `since`, newest first. */
  readonly changes: readonly Change[]
  /** Those that are not over, newest first. */
  readonly incidents: readonly OpenIncident[]
  readonly firing: readonly FiringAlert[]
  readonly promises: readonly PromiseLine[]
  readonly services: readonly ServiceLine[]
  readonly host: HostLine
  /** When series were asked last; null: not since control has started. */
  readonly measuredAt: number | null
}

export interface Reason {
  readonly state: Exclude<HealthState, 'fine'>
  readonly kind: 'service' | 'gateway' | 'alert' | 'promise' | 'instance' | 'need' | 'disk' | 'data'
  /** Of the service, the rule, the objective …. */
  readonly name: string
  /** In words, with its number where it has one. */
  readonly text: string
}

export interface Change {
  readonly at: number
  readonly kind: 'deploy' | 'action' | 'event'
  readonly text: string
}

export interface OpenIncident {
  readonly id: string
  readonly severity: Severity
  readonly title: string
  readonly openedAt: number
  readonly acknowledgedAt: number | null
}

export interface FiringAlert {
  readonly rule: string
  readonly severity: Severity
  readonly summary: string
  readonly value: number | null
  readonly firedAt: number | null
  /** Why nobody is told; null: somebody is. */
  readonly held: string | null
}

export interface PromiseLine {
  readonly objective: string
  /** Null: nobody can see, or too little has happened to say. */
  readonly standing: Standing
  /** Share of the budget that is left, decimal digits; null where there is no budget. */
  readonly left: string | null
}

/** Rates of the last minute; null: nothing is known. */
export interface ServiceLine {
  readonly service: string
  readonly wanted: number
  readonly running: number
  readonly stopped: boolean
  readonly perSecond: number | null
  /** Of its answers, 0 to 1. */
  readonly errorShare: number | null
  readonly p95Ms: number | null
  /** Of its newest sample. */
  readonly sampledAt: number | null
}

/** Shares from 0 to 1; null: not measured. */
export interface HostLine {
  /** Load of one minute for each core. */
  readonly loadPerCore: number | null
  readonly memoryUsed: number | null
  /** Of the fullest file system. */
  readonly diskUsed: number | null
}
