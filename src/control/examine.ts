import type { Examination } from '../deploy/diagnosis/evidence.ts'
import type { Instances } from './instances.ts'
import type { MemoryWatch } from './memory-watch.ts'

/** What control knows of an instance that does not become ready. */
export function examine(name: string, instances: Pick<Instances, 'examine'>, memory: MemoryWatch): Examination {
  const { variables, endedAt } = instances.examine(name) ?? { variables: [], endedAt: null }
  const { kernelKilledAt } = memory
  return { variables, memory: memory.useOf(name), endedAt, kernelKilledAt }
}
