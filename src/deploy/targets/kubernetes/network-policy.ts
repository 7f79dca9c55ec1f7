import type { Release } from '../../release.ts'
import { reachesOut } from '../instance-shape.ts'
import type { Place } from '../labels.ts'
import {
  componentLabels,
  componentSelector,
  objectName,
  placeLabels,
  placeOf,
  placeSelector,
  releaseLabels,
  releaseName,
  releaseSelector,
  type Labels,
} from './names.ts'
import type { KubernetesObject } from './object.ts'
import { PORT_NAME } from './probes.ts'

/**
 * Where a cloud answers those who ask from inside with keys of the machine: no program of a user has business there. A
 * network plugin that does not enforce policies lets everything through, and nothing here can tell.
 */
const MACHINE_KEYS = { v4: '169.254.169.254/32', v6: 'fd00:ec2::254/128' }

/** Nothing reaches the pods of an environment, and they reach nothing but names: what is needed is opened by the others. */
export function closedPolicy(place: Place): KubernetesObject {
  return policy({ name: objectName(place), labels: placeLabels(place) }, placeSelector(place), {
    ingress: [],
    // No peer: a cache of names may be an address of the node, which no selector finds. UDP first, TCP for long answers.
    egress: [
      {
        ports: [
          { protocol: 'UDP', port: 53 },
          { protocol: 'TCP', port: 53 },
        ],
      },
    ],
  })
}

/**
 * Those who send an instance requests and probes, and the outside for a service that says it uses something there, or that is
 * given an address for its spans. A kubelet
 * asks from its own node, which no policy keeps out.
 */
export function servicePolicy(release: Release, service: string): KubernetesObject {
  const place = placeOf(release)
  return policy(
    { name: releaseName(release, service), labels: releaseLabels(release, service) },
    releaseSelector(release, service),
    {
      ingress: [
        {
          from: [peer(place, 'gateway'), peer(place, 'control')],
          ports: [{ port: PORT_NAME }],
        },
      ],
      egress: reachesOut(release.config, service) ? OUTSIDE : [],
    },
  )
}

/** A migration reaches what its service does, and nobody calls it. Null: nothing is to be opened. */
export function migrationPolicy(release: Release, service: string): KubernetesObject | null {
  if (!reachesOut(release.config, service)) return null
  return policy(
    {
      name: objectName(placeOf(release), service, 'migration', release.id),
      labels: releaseLabels(release, service, 'migration'),
    },
    releaseSelector(release, service, 'migration'),
    { ingress: [], egress: OUTSIDE },
  )
}

/** Everybody reaches the front door; from there it goes to instances and to control. */
export function gatewayPolicy(place: Place, ports: readonly string[]): KubernetesObject {
  return policy(
    { name: objectName(place, 'gateway'), labels: componentLabels(place, 'gateway') },
    componentSelector(place, 'gateway'),
    {
      ingress: [{ ports: ports.map((port) => ({ port })) }],
      egress: [{ to: [peer(place, 'instance'), peer(place, 'control')] }],
    },
  )
}

/**
 * Gateways take their table from it; it probes instances, its witness asks the gateway, and alerts, feeds and certificates
 * are outside.
 */
export function controlPolicy(place: Place, port: string): KubernetesObject {
  return policy(
    { name: objectName(place, 'control'), labels: componentLabels(place, 'control') },
    componentSelector(place, 'control'),
    {
      ingress: [{ from: [peer(place, 'gateway')], ports: [{ port }] }],
      egress: [{ to: [peer(place, 'instance'), peer(place, 'gateway')] }, ...OUTSIDE],
    },
  )
}

const OUTSIDE: readonly object[] = [
  {
    to: [
      { ipBlock: { cidr: '0.0.0.0/0', except: [MACHINE_KEYS.v4] } },
      { ipBlock: { cidr: '::/0', except: [MACHINE_KEYS.v6] } },
    ],
  },
]

function peer(place: Place, component: 'instance' | 'gateway' | 'control'): object {
  return pods(componentSelector(place, component))
}

function pods(matchLabels: Labels): object {
  return { podSelector: { matchLabels } }
}

/**
 * Both directions are named always: one that is not named is open. A list without rules is left out: the server keeps none,
 * and would see a change in every apply.
 */
function policy(
  metadata: KubernetesObject['metadata'],
  selector: Labels,
  { ingress, egress }: { readonly ingress: readonly object[]; readonly egress: readonly object[] },
): KubernetesObject {
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata,
    spec: {
      podSelector: { matchLabels: selector },
      policyTypes: ['Ingress', 'Egress'],
      ...(ingress.length === 0 ? {} : { ingress }),
      ...(egress.length === 0 ? {} : { egress }),
    },
  }
}
