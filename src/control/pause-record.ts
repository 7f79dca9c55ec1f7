import type { ResolvedGateway } from '../config/resolved.ts'
import type { Pause } from '../gateway/table.ts'
import type { PauseCounts } from '../gateway/waiting-room.ts'
import type { PauseOrder } from './api/pause-methods.ts'

/** A pause as it outlives control. */
export interface PauseRecord extends PauseOrder {
  readonly since: number
  readonly by: string
  /** What had been counted when it began. */
  readonly before: PauseCounts
}

/**
 * The pause as one worker gets it: its part of what the config allows in all, rounded down, but one at least where any may
 * wait. What the config says is that of the release in force: a deploy changes it.
 */
export function pauseFor(record: PauseRecord, config: Pick<ResolvedGateway, 'pause'>, workers: number): Pause {
  const { kind, services, page, waitMs } = record
  const { queue, bytesMax, waitMs: configuredMs } = config.pause
  return {
    kind,
    services,
    page,
    queue: queue === 0 ? 0 : Math.max(1, Math.floor(queue / workers)),
    bytesMax: Math.floor(bytesMax / workers),
    waitMs: Math.max(1, waitMs ?? configuredMs),
  }
}
