import type { Objective } from '../objective.ts'
import type { Recovery } from './recovery.ts'
import type { Throughput } from './throughput.ts'

/** Whether only an occasion shows where it stands: a rush, an outage, a release that is taken back. Without one nobody knows. */
export function isOccasional(objective: Objective): objective is Throughput | Recovery {
  if (objective.kind === 'recovery') return objective.what === 'rto' || objective.what === 'rollback'
  return objective.kind === 'throughput' && objective.subject.kind === 'requests'
}
