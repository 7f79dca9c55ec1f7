import type { ResolvedNeed } from '../../config/resolved.ts'

export const NEED_STATES = ['starting', 'healthy', 'unhealthy', 'restarting', 'failed', 'stopped'] as const
export type NeedState = (typeof NEED_STATES)[number]

/** A need as the operator sees it. */
export interface NeedReport {
  readonly need: string
  readonly kind: ResolvedNeed['kind']
  /** A server that runs here, a file, or a server of somebody else's. */
  readonly place: 'here' | 'file' | 'external'
  /** Null where nobody looks: an external API, say. */
  readonly state: NeedState | null
  /** As the server tells it; a Kafka tells none, and has that of its image here. */
  readonly version: string | null
  readonly port: number | null
  readonly pid: number | null
  /** Milliseconds since the epoch: when it came into this state. */
  readonly since: number | null
  readonly restarts: number
  /** Why it is not healthy, in words. */
  readonly cause: string | null
}
