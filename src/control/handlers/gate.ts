import type { Examination } from '../../deploy/diagnosis/evidence.ts'
import type { GateMethods } from '../api/gate-methods.ts'
import type { Control } from '../control.ts'
import { examine } from '../examine.ts'

export function gateHandlers({ instances, memory }: Control) {
  return {
    'instance.examine': ({ name }: GateMethods['instance.examine']['input']): { examination: Examination } => ({
      examination: examine(name, instances, memory),
    }),
  }
}
