import type { Contract } from '../api/contract.ts'
import type { CanaryMethods } from '../api/canary-methods.ts'
import type { Control } from '../control.ts'

type CanaryHandlers = {
  readonly [M in keyof CanaryMethods]: (
    input: Contract[M]['input'],
  ) => Contract[M]['output'] | Promise<Contract[M]['output']>
}

export function canaryHandlers({ rollouts }: Control): CanaryHandlers {
  return {
    'canary.promote': ({ by }) => rollouts.promote(by),
    'canary.abort': ({ by }) => ({ deploy: rollouts.abortTrial(by) }),
  }
}
