import type { HealthMethods } from '../api/health-methods.ts'
import type { Handlers } from '../api/server.ts'
import type { Control } from '../control.ts'

export function healthHandlers({ health }: Pick<Control, 'health'>): Pick<Handlers, keyof HealthMethods> {
  return { 'health.look': () => health.report() }
}
