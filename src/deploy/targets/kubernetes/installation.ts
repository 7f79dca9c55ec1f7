import { CONTROL_PORT, controlName, controlObjects, type ControlInput } from './control.ts'
import { GATEWAY_KEY } from './gateway-key.ts'
import { gatewayName, gatewayObjects, GATEWAY_PORTS, type GatewayInput } from './gateway.ts'
import { closedPolicy, controlPolicy, gatewayPolicy } from './network-policy.ts'
import type { KubernetesObject } from './object.ts'
import { serviceAccountOf } from './service-account.ts'

export interface InstallationInput
  extends
    Pick<ControlInput, 'place' | 'image' | 'pulls' | 'stateBytes'>,
    Pick<GatewayInput, 'workers' | 'http' | 'https' | 'reach' | 'cluster'> {
  /** By which gateways and control are to know each other, 32 bytes, where there is no key yet. */
  readonly key: Uint8Array
  /** How many pods the gateway has. */
  readonly gateways: number
  /** By which it is reached from where its users are. */
  readonly url: string
}

export interface InstallationObjects {
  /** Who pods are, that they reach nothing of each other, and control. */
  readonly control: readonly KubernetesObject[]
  readonly gateway: readonly KubernetesObject[]
}

/**
 * What has to be in a namespace before any release, but for the key by which gateways and control know each other. Applied
 * again it changes nothing.
 */
export function installationObjects(input: InstallationInput): InstallationObjects {
  const { place, workers, http, https, url, gateways } = input
  const environment = {
    ...place,
    target: 'kubernetes',
    host: '0.0.0.0',
    http: GATEWAY_PORTS.http,
    https: https === null ? null : GATEWAY_PORTS.https,
    url,
    workers,
    // Where the image has its only program.
    path: '/usr/local/bin',
    // The witness comes as everybody does: by the Service.
    gateways: { port: CONTROL_PORT.number, key: GATEWAY_KEY, host: gatewayName(place), http, https },
  }
  const installation = installationText(input)
  return {
    control: [
      serviceAccountOf(place),
      closedPolicy(place),
      controlPolicy(place, CONTROL_PORT.name),
      ...controlObjects({ ...input, environment, installation }),
    ],
    gateway: [
      gatewayPolicy(place, https === null ? ['http'] : ['http', 'https']),
      ...gatewayObjects({
        ...input,
        replicas: gateways,
        control: `${controlName(place)}:${CONTROL_PORT.number}`,
        installation,
      }),
    ],
  }
}

/** What is written on control and on the gateway; their image is in their pods. */
function installationText(input: InstallationInput): string {
  return JSON.stringify(wordsOf(input))
}

function wordsOf({ http, https, reach, url, workers, gateways }: InstallationInput): Recorded {
  return { http, https, reach, url, workers, gateways }
}

type Recorded = Readonly<Record<string, unknown>>

/**
 * What an installation was made with, and what is wanted now, a sentence for each difference.
 * @param then what its annotation says
 */
export function differences(wanted: InstallationInput, then: string): readonly string[] {
  if (hasGatewayInside(then)) return ['the gateway is in the pod of control, and is to have pods of its own']
  const [now, before] = [wordsOf(wanted), recordedIn(then)]
  return [...new Set([...Object.keys(now), ...Object.keys(before)])]
    .filter((key) => show(now[key]) !== show(before[key]))
    .map((key) => `${key} was ${show(before[key])}, and is to be ${show(now[key])}`)
}

/** An installation of before: while its only pod is replaced nobody is served. */
export function hasGatewayInside(then: string): boolean {
  const { gateways, http } = recordedIn(then)
  return http !== undefined && gateways === undefined
}

function recordedIn(text: string): Recorded {
  try {
    return JSON.parse(text) as Recorded
  } catch {
    return {}
  }
}

function show(value: unknown): string {
  return value === undefined || value === null ? 'not set' : JSON.stringify(value)
}
