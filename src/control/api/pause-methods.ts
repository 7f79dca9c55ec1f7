import type { Pause } from '../../gateway/table.ts'
import type { PauseCounts } from '../../gateway/waiting-room.ts'

/** What a person does to the gateway itself. None of it needs the lease: it must work while a deploy does. */
export interface PauseMethods {
  /** Begins a pause, or changes the one that is. Returns when every worker has acknowledged it. */
  'pause.begin': {
    input: PauseOrder & { readonly by: string }
    output: { readonly pause: PauseStatus }
  }
  /** Ends it. Null: there was none. The counts are those of the moment before. */
  'pause.end': { input: { readonly by: string }; output: { readonly ended: PauseStatus | null } }
  /** Replaces the gateway's processes by new ones without losing a request. Refused with `gateway.not-upgraded`. */
  'gateway.upgrade': { input: { readonly by: string }; output: Upgrade }
}

export interface PauseOrder {
  readonly kind: Pause['kind']
  /** Null: every service. */
  readonly services: readonly string[] | null
  /** How long a request is held at most, milliseconds; null: as the config says. */
  readonly waitMs: number | null
  /** HTML of the maintenance page; null: a plain sentence. */
  readonly page: string | null
}

export interface PauseStatus {
  readonly kind: Pause['kind']
  readonly services: readonly string[] | null
  readonly waitMs: number | null
  readonly hasPage: boolean
  /** Milliseconds since the epoch. */
  readonly since: number
  readonly by: string
  /** Since it began; without what ended workers had counted, once control has been restarted. */
  readonly counts: PauseCounts
}

export interface Upgrade {
  readonly workers: readonly { readonly worker: number; readonly pid: number }[]
  /** Old workers that finish what they have. */
  readonly retiring: number
  /** Until the new ones serve and the old ones are told, milliseconds. */
  readonly tookMs: number
}
