import type { ResolvedNeed } from '../../config/resolved.ts'

/**
 * What is taken for granted until it is promised, declared or measured. Each stands in the arithmetic it is used in, marked
 * as assumed.
 */

/** Of the service itself, without its needs: a tenth of what 99.9 % allows. */
export const OWN_AVAILABILITY = '0.9999'

/**
 * Of a need, by its kind, where no promise is made on it: the monthly uptime that Amazon's service level agreements name for
 * a managed one in two zones (RDS 99.95 %, ElastiCache 99.99 %, MSK 99.9 %), 99.9 % for anybody else's HTTP, and for
 * SQLite that of the service it is part of.
 */
export const NEED_AVAILABILITY: Readonly<Record<ResolvedNeed['kind'], string>> = {
  postgres: '0.9995',
  redis: '0.9999',
  kafka: '0.999',
  http: '0.999',
  sqlite: '1',
}

/** How often the world breaks, in 30 d. */
export const FAULTS_PER_MS = 30 * 86_400_000
export const INSTANCE_LOSSES = 20
export const HOST_LOSSES = 2
export const BAD_DEPLOYS = 2

/** From the end of an instance to its healthy successor: measured on Docker, kill to healthy. */
export const INSTANCE_BACK_MS = 4_400
/** Until a machine has started again, with all that is on it. */
export const HOST_BACK_MS = 120_000
/** From the breach to the old release serving again, detection included: the bar that deploys are held to. */
export const SWITCH_BACK_MS = 10_000

/** Connections of one instance: the default of node-postgres' pool (`max`). */
export const POOL_SIZE = 10

/** Of the measured capacity, kept free: for bursts, and for the instance that is being replaced. */
export const HEADROOM = '0.3'
