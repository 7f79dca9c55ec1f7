import { controlObjects, type ControlInput } from './control.ts'
import { frontService, GATEWAY_PORTS, type GatewayInput } from './gateway.ts'
import { closedPolicy, controlPolicy, frontPolicy } from './network-policy.ts'
import type { KubernetesObject } from './object.ts'
import { serviceAccountOf } from './service-account.ts'

export interface InstallationInput extends Pick<ControlInput, 'place' | 'image' | 'drainMs' | 'stateBytes'> {
  /** How many workers the gateway has. */
  readonly workers: number
  /** Ports of the Service that users, or whoever stands in front, reach; `https` null: TLS ends elsewhere. */
  readonly http: number
  readonly https: number | null
  readonly reach: GatewayInput['reach']
}

/**
 * What has to be in a namespace before any release: who pods are, that they reach nothing of each other, and control with the
 * gateway. Applied again it changes nothing.
 */
export function installationObjects(input: InstallationInput): readonly KubernetesObject[] {
  const { place, workers, https } = input
  const hasTls = https !== null
  const environment = {
    ...place,
    target: 'kubernetes',
    host: '0.0.0.0',
    http: GATEWAY_PORTS.http,
    https: hasTls ? GATEWAY_PORTS.https : null,
    workers,
    // Where the image has its only program.
    path: '/usr/local/bin',
  }
  return [
    serviceAccountOf(place),
    closedPolicy(place),
    controlPolicy(place, 'table'),
    frontPolicy(place, hasTls ? ['http', 'https'] : ['http']),
    ...controlObjects({ ...input, environment, hasTls }),
    frontService(input, 'control'),
  ]
}
