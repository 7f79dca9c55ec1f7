import type { PromisesMethods } from '../api/promises-methods.ts'
import type { Handlers } from '../api/server.ts'
import type { Control } from '../control.ts'
import { lookAtOccasions } from '../status/occasions.ts'
import { lookAtPromises } from '../status/promises.ts'
import { waysBack } from '../status/ways-back.ts'

export function promiseHandlers({
  series,
  state,
  clock,
}: Pick<Control, 'series' | 'state' | 'clock'>): Pick<Handlers, keyof PromisesMethods> {
  return {
    'promise.look': async () => {
      const at = clock.now()
      const live = state.get('live')
      const config = live === null ? null : (state.release(live)?.config ?? null)
      if (config === null) return { release: live, at, because: 'nothing is live', stood: {}, connectionsMax: {} }
      const watched = await lookAtPromises(series, config, at)
      const occasions = await lookAtOccasions(series, config, at, waysBack(state))
      return {
        release: live,
        at,
        stood: { ...watched.stood, ...occasions.stood },
        connectionsMax: watched.connectionsMax,
        because: watched.because ?? occasions.because,
      }
    },
  }
}
