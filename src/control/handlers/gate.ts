import type { Examination } from '../../deploy/diagnosis/evidence.ts'
import type { GateMethods } from '../api/gate-methods.ts'
import type { Control } from '../control.ts'

/** What control knows of an instance that does not become ready. */
export function gateHandlers({ supervisor, memory }: Control) {
  return {
    'instance.examine': ({ name }: GateMethods['instance.examine']['input']): { examination: Examination } => {
      const { variables, endedAt } = supervisor.examine(name) ?? { variables: [], endedAt: null }
      const { kernelKilledAt } = memory
      return { examination: { variables, memory: memory.useOf(name), endedAt, kernelKilledAt } }
    },
  }
}
