import type { Source } from '../../observe/collect/source.ts'
import type { KnownGateway } from '../api/gateways-methods.ts'

/** Which gateways elsewhere are connected, by name; one that is forgotten has no series any more. */
export function gatewaysSource(known: () => readonly KnownGateway[]): Source {
  return {
    name: 'gateways',
    target: 'control',
    read: async () =>
      known().map(({ name, connected }) => ({
        metric: 'seaworthy_gateway_up',
        labels: { gateway: name },
        value: connected ? 1 : 0,
      })),
  }
}
