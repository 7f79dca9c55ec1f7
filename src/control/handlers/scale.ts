import type { Handlers } from '../api/server.ts'
import type { ScaleMethods } from '../api/scale-methods.ts'
import type { Control } from '../control.ts'
import { done } from './tools.ts'

export function scaleHandlers(control: Control): Pick<Handlers, keyof ScaleMethods> {
  const { scaler, execs, leases } = control
  return {
    'service.scale': async ({ counts, by }) =>
      // Under a lease, so that no deploy starts its instances with the number of before.
      done(await leases.hold(`scale ${Object.keys(counts).join(', ')}`, () => scaler.scale(counts, by))),
    'scale.look': () => ({ services: scaler.status() }),
    'exec.prepare': (request) => (control.instances.acts ? execs.prepare(request) : execs.note(request)),
  }
}
