import { createHash } from 'node:crypto'
import { CHECK, STATE } from '../image/places.ts'
import { LABEL, type Place } from '../labels.ts'
import { GATEWAY_KEY_MOUNT, gatewayKeyVolume } from './gateway-key.ts'
import { CONTAINER_SECURITY, POD_HARDENING, podSecurity } from './hardening.ts'
import { componentLabels, componentSelector, objectName } from './names.ts'
import type { KubernetesObject } from './object.ts'
import { terminationGrace } from './pause.ts'
import { pullsWith } from './pull-secret.ts'
import { bytes, resourcesOf, TMP_SIZE } from './resources.ts'

/** Where gateways take their table. */
export const CONTROL_PORT = { name: 'table', number: 7070 } as const
/** Until what it was writing is on the disk. */
const GRACE_MS = 30_000
/** What an installation hands over, and where the pod finds it. */
const ENVIRONMENT = { file: 'environment.json', folder: '/environment' } as const

export interface ControlInput {
  readonly place: Place
  /** Seaworthy's own. */
  readonly image: string
  /** It is fetched from the environment's registry. @default false */
  readonly pulls?: boolean
  /** What control has to know before any release: the content of `environment.json`. */
  readonly environment: object
  /** With what all of it was made, for a later look to compare. */
  readonly installation: string
  /** Of releases, journal, series and logs. */
  readonly stateBytes: number
}

/**
 * Control: one, with a volume that outlives it. A StatefulSet never has two at a time, not even when a node is lost: whoever
 * writes the journal is alone. While it is away the gateways serve on.
 */
export function controlObjects(input: ControlInput): readonly KubernetesObject[] {
  const { place, environment, stateBytes, installation } = input
  const metadata = { name: controlName(place), labels: componentLabels(place, 'control') }
  const selector = componentSelector(place, 'control')
  const { name, number } = CONTROL_PORT
  const text = JSON.stringify(environment)
  return [
    { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { [ENVIRONMENT.file]: text } },
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata,
      spec: {
        type: 'ClusterIP',
        selector,
        // A gateway may come back to it before it is ready in a kubelet's eyes.
        publishNotReadyAddresses: true,
        ports: [{ name, port: number, targetPort: name, protocol: 'TCP' }],
      },
    },
    {
      apiVersion: 'apps/v1',
      kind: 'StatefulSet',
      metadata: { ...metadata, annotations: { [LABEL.installation]: installation } },
      spec: {
        replicas: 1,
        serviceName: metadata.name,
        selector: { matchLabels: selector },
        updateStrategy: { type: 'RollingUpdate' },
        revisionHistoryLimit: 2,
        template: {
          // What it reads at its start has changed: it is started again.
          metadata: { labels: metadata.labels, annotations: { 'seaworthy.environment-digest': digestOf(text) } },
          spec: podSpec(input, metadata.name),
        },
        volumeClaimTemplates: [
          {
            metadata: { name: 'state', labels: metadata.labels },
            spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: bytes(stateBytes) } } },
          },
        ],
      },
    },
  ]
}

/** The StatefulSet's name, and that of all that belongs to it. */
export function controlName(place: Place): string {
  return objectName(place, 'control')
}

/** The pod that is control's, and by which it is reached. */
export function controlPod(place: Place): string {
  return `${controlName(place)}-0`
}

/** The claim of its volume, which outlives it. */
export function controlClaim(place: Place): string {
  return `state-${controlPod(place)}`
}

function podSpec({ place, image, pulls = false }: ControlInput, configMap: string): object {
  const state = { name: 'state', mountPath: STATE }
  const common = {
    image,
    imagePullPolicy: 'IfNotPresent',
    resources: resourcesOf({ cpu: null, memoryBytesMax: null }),
    securityContext: CONTAINER_SECURITY,
  }
  // It starts a program: on a machine at its limit that takes its time.
  const asks = { exec: { command: ['node', CHECK, STATE] }, timeoutSeconds: 10, successThreshold: 1 }
  const copy = `fs.copyFileSync('${ENVIRONMENT.folder}/${ENVIRONMENT.file}', '${STATE}/${ENVIRONMENT.file}')`
  return {
    ...POD_HARDENING,
    serviceAccountName: objectName(place),
    ...pullsWith(place, pulls),
    // The whole volume is not gone through at every start.
    securityContext: { ...podSecurity(true), fsGroupChangePolicy: 'OnRootMismatch' },
    // Its first process is one that reaps what others have left.
    shareProcessNamespace: true,
    terminationGracePeriodSeconds: terminationGrace(0, GRACE_MS),
    volumes: [
      { name: 'tmp', emptyDir: { sizeLimit: TMP_SIZE } },
      { name: 'environment', configMap: { name: configMap } },
      gatewayKeyVolume(place),
    ],
    initContainers: [
      {
        ...common,
        name: 'environment',
        command: ['node', '-e', copy],
        volumeMounts: [state, { name: 'environment', mountPath: ENVIRONMENT.folder, readOnly: true }],
      },
    ],
    containers: [
      {
        ...common,
        name: 'control',
        ports: [{ name: CONTROL_PORT.name, containerPort: CONTROL_PORT.number, protocol: 'TCP' }],
        volumeMounts: [{ name: 'tmp', mountPath: '/tmp' }, state, GATEWAY_KEY_MOUNT],
        // Reading a journal back can take its time.
        startupProbe: { ...asks, periodSeconds: 2, failureThreshold: 90 },
        readinessProbe: { ...asks, periodSeconds: 10, failureThreshold: 3 },
      },
    ],
  }
}

function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16)
}
