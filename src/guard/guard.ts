import { createInspector } from './inspect/inspector.ts'
import type { Inspector } from './inspect/inspector.ts'
import type { ThreatException, ThreatRoute } from './policy.ts'
import type { ThreatMode } from './threats.ts'

export interface GuardOptions {
  /** What happens to a request that looks like an attack. @default 'block' */
  readonly threats?: ThreatMode
  /** Where another mode holds, and what fields are said to hold. @default none */
  readonly routes?: readonly ThreatRoute[]
  /** Where the guard is known to be wrong. @default none */
  readonly exceptions?: readonly ThreatException[]
}

export interface Guard {
  /** Judges requests for attacks. */
  readonly inspect: Inspector
}

/**
 * A guard for use in any program, apart from the gateway. Needs no network, keeps no timers.
 *
 * @throws Problem `guard.bad-exception`
 */
export function createGuard({ threats = 'block', routes = [], exceptions = [] }: GuardOptions = {}): Guard {
  return { inspect: createInspector({ threats, routes, exceptions }) }
}
