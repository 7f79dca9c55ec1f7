import type { GatewaysMethods } from '../api/gateways-methods.ts'
import type { Handlers } from '../api/server.ts'
import type { Control } from '../control.ts'
import { fencedBy } from './tools.ts'

/** For gateways that run elsewhere. */
export function gatewaysHandlers({ fleet, leases, workers }: Control): Pick<Handlers, keyof GatewaysMethods> {
  const fenced = fencedBy(leases)
  return {
    'gateways.known': () => ({ gateways: workers.known(fleet) }),
    'gateways.seen': fenced(({ names }) => ({ forgotten: workers.seen(names) })),
  }
}
