import { STATE } from '../image/places.ts'
import type { Place } from '../labels.ts'
import type { Cluster } from './cluster.ts'
import { disruptionBudget } from './disruption-budget.ts'
import { CONTAINER_SECURITY, POD_HARDENING, podSecurity, spreadOver } from './hardening.ts'
import { componentLabels, componentSelector, objectName } from './names.ts'
import type { KubernetesObject } from './object.ts'
import { preStop, terminationGrace } from './pause.ts'
import { resourcesOf, TMP_SIZE } from './resources.ts'

/** What the gateway listens on in its pod: no user but root may listen below 1024 everywhere. */
export const GATEWAY_PORTS = { http: 8080, https: 8443 } as const

/**
 * From "this pod goes" until whoever stands in front of the Service has heard of it; SIGTERM then begins the gateway's own
 * drain.
 */
const PROPAGATION_MS = 5_000

export interface GatewayInput {
  readonly place: Place
  /** Seaworthy's own. */
  readonly image: string
  readonly argv: readonly string[]
  /** Exits with 0 once every worker has the table. */
  readonly check: readonly string[]
  readonly replicas: number
  /** What users reach: the Service's. Null: none. */
  readonly http: number
  readonly https: number | null
  readonly drainMs: number
  /** `outside`: the cluster's provider gives it an address; `inside`: an Ingress or a Gateway stands in front. */
  readonly reach: 'outside' | 'inside'
  readonly cluster: Cluster
}

/** The front door: Deployment, Service and budget. */
export function gatewayObjects(input: GatewayInput): readonly KubernetesObject[] {
  const { place, cluster, replicas } = input
  const metadata = { name: objectName(place, 'gateway'), labels: componentLabels(place, 'gateway') }
  const selector = componentSelector(place, 'gateway')
  return [
    frontService(input, 'gateway'),
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata,
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

/** What users, or whoever stands in front, reach. @param where the pods that the gateway is in */
export function frontService(
  { place, http, https, reach }: Pick<GatewayInput, 'place' | 'http' | 'https' | 'reach'>,
  where: 'gateway' | 'control',
): KubernetesObject {
  const port = (name: string, number: number): object => ({ name, port: number, targetPort: name, protocol: 'TCP' })
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: objectName(place, 'gateway'), labels: componentLabels(place, 'gateway') },
    spec: {
      // Local: no second hop, and the client's own address arrives.
      ...(reach === 'outside' ? { type: 'LoadBalancer', externalTrafficPolicy: 'Local' } : { type: 'ClusterIP' }),
      selector: componentSelector(place, where),
      ports: [port('http', http), ...(https === null ? [] : [port('https', https)])],
    },
  }
}

function podSpec({ place, image, argv, check, https, drainMs, cluster }: GatewayInput, selector: object): object {
  const port = (name: keyof typeof GATEWAY_PORTS): object => ({
    name,
    containerPort: GATEWAY_PORTS[name],
    protocol: 'TCP',
  })
  const asks = { exec: { command: check }, timeoutSeconds: 3, successThreshold: 1 }
  return {
    ...POD_HARDENING,
    serviceAccountName: objectName(place),
    securityContext: podSecurity(true),
    terminationGracePeriodSeconds: terminationGrace(PROPAGATION_MS, drainMs),
    topologySpreadConstraints: spreadOver(selector as Readonly<Record<string, string>>),
    volumes: [
      { name: 'tmp', emptyDir: { sizeLimit: TMP_SIZE } },
      { name: 'state', emptyDir: {} },
    ],
    containers: [
      {
        name: 'gateway',
        image,
        imagePullPolicy: 'IfNotPresent',
        args: argv,
        ports: [port('http'), ...(https === null ? [] : [port('https')])],
        resources: resourcesOf({ cpu: null, memoryBytesMax: null }),
        securityContext: CONTAINER_SECURITY,
        volumeMounts: [
          { name: 'tmp', mountPath: '/tmp' },
          { name: 'state', mountPath: STATE },
        ],
        // One without a table answers nobody: it takes no traffic, and is no reason to be started again.
        startupProbe: { ...asks, periodSeconds: 1, failureThreshold: 60 },
        readinessProbe: { ...asks, periodSeconds: 5, failureThreshold: 2 },
        ...preStop(cluster, 'node', PROPAGATION_MS),
      },
    ],
  }
}
