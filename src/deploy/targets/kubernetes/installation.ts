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
  /** By which it is reached from where its users are. */
  readonly url: string
}

/**
 * What has to be in a namespace before any release: who pods are, that they reach nothing of each other, and control with the
 * gateway. Applied again it changes nothing.
 */
export function installationObjects(input: InstallationInput): readonly KubernetesObject[] {
  const { place, workers, https, url } = input
  const hasTls = https !== null
  const environment = {
    ...place,
    target: 'kubernetes',
    host: '0.0.0.0',
    http: GATEWAY_PORTS.http,
    https: hasTls ? GATEWAY_PORTS.https : null,
    url,
    workers,
    // Where the image has its only program.
    path: '/usr/local/bin',
  }
  return [
    serviceAccountOf(place),
    closedPolicy(place),
    controlPolicy(place, 'table'),
    frontPolicy(place, hasTls ? ['http', 'https'] : ['http']),
    ...controlObjects({ ...input, environment, hasTls, installation: installationText(input) }),
    frontService(input, 'control'),
  ]
}

/** What is written on control's StatefulSet; its image is in its pods. */
function installationText(input: InstallationInput): string {
  return JSON.stringify(wordsOf(input))
}

function wordsOf({ http, https, reach, url, workers, drainMs }: InstallationInput): Recorded {
  return { http, https, reach, url, workers, drain: `${drainMs / 1000} s` }
}

type Recorded = Readonly<Record<string, unknown>>

/**
 * What an installation was made with, and what is wanted now, a sentence for each difference.
 * @param then what the annotation of control's StatefulSet says
 */
export function differences(wanted: InstallationInput, then: string): readonly string[] {
  const [now, before] = [wordsOf(wanted), recordedIn(then)]
  return [...new Set([...Object.keys(now), ...Object.keys(before)])]
    .filter((key) => show(now[key]) !== show(before[key]))
    .map((key) => `${key} was ${show(before[key])}, and is to be ${show(now[key])}`)
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
