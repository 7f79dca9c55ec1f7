import type { PlanKind } from '../../deploy/plan.ts'
import type { DeployState, JournalEntry } from '../../deploy/journal.ts'
import type { StoredLine } from '../../observe/logs/line.ts'
import type { NeedReport } from '../needs/report.ts'
import type { AlertsOverview } from './alerts-methods.ts'
import type { CanaryStatus } from './canary-methods.ts'
import type { EnvironmentEvent, Status } from './contract.ts'
import type { HealthReport } from './health-methods.ts'

/** `GET /v1/live?topics=…`: what happens, as it happens, as server-sent events. */
export const LIVE_PATH = '/v1/live'

export const TOPICS = ['status', 'alerts', 'deploys', 'events', 'logs'] as const
export type Topic = (typeof TOPICS)[number]

/** What narrows the topic `logs`, each a parameter of its own, with the meaning it has in LogQuery. */
export const LINE_FILTERS = ['service', 'instance', 'level', 'correlationId', 'traceId', 'text'] as const

/** A stream on which nothing happens says that it is there this often, in milliseconds. */
export const HEARTBEAT_MS = 15_000

/** Each name of an event with its data. */
export interface LiveEvents {
  /** Topic `status`: the whole, at once and whenever it has become another one. Only the newest is owed to a slow reader. */
  status: StatusNow
  /** Topic `alerts`: likewise. */
  alerts: AlertsOverview
  /** Topic `deploys`: likewise. */
  deploys: DeploysNow
  /** Topic `events`: each, once, in order. */
  event: EnvironmentEvent
  /** Topic `logs`: each line that matches, in the order in which they are stored. */
  line: StoredLine
  /** What could not be told, because it is no longer kept; what follows goes on behind it. */
  gap: Gap
  /** The last of a stream: its reader was too slow. Ask again with Last-Event-ID. */
  lagged: Lagged
  /** The last of a stream: the environment was stopped. */
  stopped: Stopped
}

/** Everything that `seaworthy status` shows. */
export interface StatusNow {
  readonly status: Status
  readonly health: HealthReport
  readonly needs: readonly NeedReport[]
}

export interface DeploysNow {
  /** Newest first, up to 20. */
  readonly deploys: readonly DeployLine[]
  /** Of the one that has not come to its end; null: there is none. */
  readonly running: { readonly deploy: string; readonly journal: readonly JournalEntry[] } | null
  readonly canary: CanaryStatus | null
}

export interface DeployLine {
  readonly id: string
  readonly kind: PlanKind
  readonly release: string
  readonly state: DeployState
  readonly by: string
  readonly startedAt: number
  readonly finishedAt: number | null
  readonly message: string | null
}

export interface Gap {
  readonly topic: 'events' | 'logs'
  /** How many; null: nobody knows. Of lines: whether they match or not. */
  readonly lost: number | null
}

export interface Lagged {
  readonly because: string
}

export interface Stopped {
  readonly none?: never
}
