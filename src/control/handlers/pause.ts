import type { PauseMethods } from '../api/pause-methods.ts'
import type { Control } from '../control.ts'

type PauseHandlers = {
  readonly [M in keyof PauseMethods]: (input: PauseMethods[M]['input']) => Promise<PauseMethods[M]['output']>
}

/** Pause, resume and the upgrade of the gateway: each hands on to the part that does it. */
export function pauseHandlers({ pauses, workers, fleet, state, clock }: Control): PauseHandlers {
  return {
    'pause.begin': async ({ by, ...order }) => ({ pause: await pauses.begin(order, by) }),
    'pause.end': async ({ by }) => ({ ended: await pauses.end(by) }),
    'gateway.upgrade': async ({ by }) => {
      const upgrade = await workers.upgrade(fleet)
      state.addEvent(clock.now(), 'gateway-upgraded', `${upgrade.workers.length} new workers serve, by ${by}`)
      return upgrade
    },
  }
}
