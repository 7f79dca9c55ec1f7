import type { ControlClient } from '../control/api/client.ts'
import type { GatewaysPort } from '../deploy/targets/kubernetes/target.ts'

/** What control is told of gateways that are no children of its keeper. */
export function gatewaysPort(control: ControlClient, token: number): GatewaysPort {
  return { seen: async (names) => (await control.call('gateways.seen', { token, names })).forgotten }
}
