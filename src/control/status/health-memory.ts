import type { HealthState } from '../api/health-methods.ts'

/** An answer and when it began: what control remembers over its own death. */
export interface HealthMemory {
  readonly state: HealthState
  readonly since: number
}
