import { GATEWAY, GATEWAY_CHECK, STATE } from '../image/places.ts'
import { LABEL, type Place } from '../labels.ts'
import type { Cluster } from './cluster.ts'
import { disruptionBudget } from './disruption-budget.ts'
import { GATEWAY_KEY, GATEWAY_KEY_MOUNT, gatewayKeyVolume } from './gateway-key.ts'
import { GATEWAY_TABLE, GATEWAY_TABLE_MOUNT, gatewayTableVolume } from './gateway-table.ts'
import { CONTAINER_SECURITY, POD_HARDENING, podSecurity, spreadOver } from './hardening.ts'
import { componentLabels, componentSelector, objectName, type Labels } from './names.ts'
import type { KubernetesObject } from './object.ts'
import { preStop, terminationGrace } from './pause.ts'
import { pullsWith } from './pull-secret.ts'
import { resourcesOf, TMP_SIZE } from './resources.ts'

/** What the gateway listens on in its pod: no user but root may listen below 1024 everywhere. */
export const GATEWAY_PORTS = { http: 8080, https: 8443 } as const

/**
 * From "this pod goes" until whoever stands in front of the Service has heard of it; SIGTERM then begins the gateway's own
 * drain.
 */
const PROPAGATION_MS = 5_000
/** As long as a worker that is told to go takes at most. */
const RETIRE_MS = 30_000

export interface GatewayInput {
  readonly place: Place
  /** Seaworthy's own. */
  readonly image: string
  /** It is fetched from the environment's registry. @default false */
  readonly pulls?: boolean
  /** Where control takes gateways in: `shop-production-control:7070`. */
  readonly control: string
  readonly replicas: number
  /** Of each pod. */
  readonly workers: number
  /** What users reach: the Service's. Null: none. */
  readonly http: number
  readonly https: number | null
  /** `outside`: the cluster's provider gives it an address; `inside`: an Ingress or a Gateway stands in front. */
  readonly reach: 'outside' | 'inside'
  /** With what all of it was made, for a later look to compare. */
  readonly installation: string
  readonly cluster: Cluster
}

/** The front door: Deployment, Service and budget. */
export function gatewayObjects(input: GatewayInput): readonly KubernetesObject[] {
  const { place, cluster, replicas, installation } = input
  const metadata = { name: gatewayName(place), labels: componentLabels(place, 'gateway') }
  const selector = componentSelector(place, 'gateway')
  return [
    frontService(input),
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { ...metadata, annotations: { [LABEL.installation]: installation } },
      spec: {
        replicas,
        selector: { matchLabels: selector },
        strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
        revisionHistoryLimit: 2,
        template: { metadata: { labels: metadata.labels }, spec: podSpec(input, selector) },
      },
    },
    ...(replicas < 2 ? [] : [disruptionBudget(metadata, selector, cluster)]),
  ]
}

/** The Deployment's name, and the Service's. */
export function gatewayName(place: Place): string {
  return objectName(place, 'gateway')
}

/** What users, or whoever stands in front, reach. */
function frontService({ place, http, https, reach }: GatewayInput): KubernetesObject {
  const port = (name: string, number: number): object => ({ name, port: number, targetPort: name, protocol: 'TCP' })
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: gatewayName(place), labels: componentLabels(place, 'gateway') },
    spec: {
      // Local: no second hop, and the client's own address arrives.
      ...(reach === 'outside' ? { type: 'LoadBalancer', externalTrafficPolicy: 'Local' } : { type: 'ClusterIP' }),
      selector: componentSelector(place, 'gateway'),
      ports: [port('http', http), ...(https === null ? [] : [port('https', https)])],
    },
  }
}

function podSpec(input: GatewayInput, selector: Labels): object {
  const { place, image, pulls = false, https, cluster } = input
  const port = (name: keyof typeof GATEWAY_PORTS): object => ({
    name,
    containerPort: GATEWAY_PORTS[name],
    protocol: 'TCP',
  })
  return {
    ...POD_HARDENING,
    serviceAccountName: objectName(place),
    ...pullsWith(place, pulls),
    securityContext: podSecurity(true),
    terminationGracePeriodSeconds: terminationGrace(PROPAGATION_MS, RETIRE_MS),
    topologySpreadConstraints: spreadOver(selector),
    volumes: [
      { name: 'tmp', emptyDir: { sizeLimit: TMP_SIZE } },
      // With the table that it had last: a container that is started again begins with it.
      { name: 'state', emptyDir: {} },
      gatewayKeyVolume(place),
      gatewayTableVolume(place),
    ],
    containers: [
      {
        name: 'gateway',
        image,
        imagePullPolicy: 'IfNotPresent',
        command: wordsOf(input),
        env: [{ name: POD, valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.name' } } }],
        ports: [port('http'), ...(https === null ? [] : [port('https')])],
        resources: resourcesOf({ cpu: null, memoryBytesMax: null }),
        securityContext: CONTAINER_SECURITY,
        volumeMounts: [
          { name: 'tmp', mountPath: '/tmp' },
          { name: 'state', mountPath: STATE },
          GATEWAY_KEY_MOUNT,
          GATEWAY_TABLE_MOUNT,
        ],
        // One without a table answers nobody: it takes no traffic, and a control that is away is no reason to start it again.
        startupProbe: {
          exec: { command: ['node', GATEWAY_CHECK, STATE] },
          timeoutSeconds: 5,
          successThreshold: 1,
          periodSeconds: 2,
          failureThreshold: STARTUP_LOOKS,
        },
        // Once it has one it keeps it: what is left to ask is whether it accepts, which costs no program of its own.
        readinessProbe: {
          tcpSocket: { port: 'http' },
          timeoutSeconds: 3,
          successThreshold: 1,
          periodSeconds: 2,
          failureThreshold: 3,
        },
        ...preStop(cluster, 'node', PROPAGATION_MS),
      },
    ],
  }
}

/** For a day: after that a container that is started afresh is worth trying. */
const STARTUP_LOOKS = 43_200
/** The pod's name in its own variables, which a kubelet puts into its words. */
const POD = 'POD_NAME'

function wordsOf({ control, workers, https }: GatewayInput): readonly string[] {
  const options = {
    control,
    key: GATEWAY_KEY,
    state: STATE,
    name: `$(${POD})`,
    http: GATEWAY_PORTS.http,
    ...(https === null ? {} : { https: GATEWAY_PORTS.https }),
    workers,
    table: GATEWAY_TABLE,
  }
  return ['node', GATEWAY, ...Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)])]
}
