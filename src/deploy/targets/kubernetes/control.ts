import type { Place } from '../labels.ts'
import { CONTAINER_SECURITY, POD_HARDENING, podSecurity } from './hardening.ts'
import { STATE_FOLDER } from './gateway.ts'
import { componentLabels, componentSelector, objectName } from './names.ts'
import type { KubernetesObject } from './object.ts'
import { bytes, resourcesOf, TMP_SIZE } from './resources.ts'

/** Where gateways take their table. */
const CONTROL_PORT = { name: 'table', number: 7070 } as const
/** Until what it was writing is on the disk. */
const GRACE_S = 30

export interface ControlInput {
  readonly place: Place
  /** Seaworthy's own. */
  readonly image: string
  readonly argv: readonly string[]
  /** Exits with 0 once it answers. */
  readonly check: readonly string[]
  /** Of releases, journal, series and logs. */
  readonly stateBytes: number
}

/**
 * Control: one, with a volume that outlives it. A StatefulSet never has two at a time, not even when a node is lost: whoever
 * writes the journal is alone.
 */
export function controlObjects({ place, image, argv, check, stateBytes }: ControlInput): readonly KubernetesObject[] {
  const metadata = { name: objectName(place, 'control'), labels: componentLabels(place, 'control') }
  const selector = componentSelector(place, 'control')
  const { name, number } = CONTROL_PORT
  const asks = { exec: { command: check }, timeoutSeconds: 3, successThreshold: 1 }
  return [
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata,
      spec: { type: 'ClusterIP', selector, ports: [{ name, port: number, targetPort: name, protocol: 'TCP' }] },
    },
    {
      apiVersion: 'apps/v1',
      kind: 'StatefulSet',
      metadata,
      spec: {
        replicas: 1,
        serviceName: metadata.name,
        selector: { matchLabels: selector },
        updateStrategy: { type: 'RollingUpdate' },
        revisionHistoryLimit: 2,
        template: {
          metadata: { labels: metadata.labels },
          spec: {
            ...POD_HARDENING,
            serviceAccountName: objectName(place),
            // The whole volume is not gone through at every start.
            securityContext: { ...podSecurity(true), fsGroupChangePolicy: 'OnRootMismatch' },
            terminationGracePeriodSeconds: GRACE_S,
            volumes: [{ name: 'tmp', emptyDir: { sizeLimit: TMP_SIZE } }],
            containers: [
              {
                name: 'control',
                image,
                imagePullPolicy: 'IfNotPresent',
                args: argv,
                ports: [{ name, containerPort: number, protocol: 'TCP' }],
                resources: resourcesOf({ cpu: null, memoryBytesMax: null }),
                securityContext: CONTAINER_SECURITY,
                volumeMounts: [
                  { name: 'tmp', mountPath: '/tmp' },
                  { name: 'state', mountPath: STATE_FOLDER },
                ],
                // Reading a journal back can take its time.
                startupProbe: { ...asks, periodSeconds: 2, failureThreshold: 90 },
                readinessProbe: { ...asks, periodSeconds: 5, failureThreshold: 3 },
              },
            ],
          },
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
