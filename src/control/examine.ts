import type { Examination } from '../deploy/diagnosis/evidence.ts'
import type { MemoryWatch } from './memory-watch.ts'
import type { Supervisor } from './supervisor.ts'

/** What control knows of an instance that does not become ready. */
export function examine(name: string, supervisor: Pick<Supervisor, 'examine'>, memory: MemoryWatch): Examination {
  const { variables, endedAt } = supervisor.examine(name) ?? { variables: [], endedAt: null }
  const { kernelKilledAt } = memory
  return { variables, memory: memory.useOf(name), endedAt, kernelKilledAt }
}
