/** What differs from a pod that is ready; undefined: the field is not there. */
export interface PodJson {
  readonly uid?: string
  readonly labels?: Readonly<Record<string, string>> | undefined
  readonly deletionTimestamp?: string
  readonly phase?: string
  readonly reason?: string
  readonly message?: string
  readonly podIP?: string | undefined
  readonly startTime?: string | undefined
  readonly conditions?: readonly object[]
  readonly containerStatuses?: readonly object[] | undefined
}

/** A pod of a service's instance as the API server shows it, with the fields that are read. */
export function podJson(more: PodJson = {}): object {
  const { uid = '2fa7555c-db01-4c52-9c0f-0d4c56b7a001', deletionTimestamp, ...status } = more
  const labels = 'labels' in more ? more.labels : LABELS
  return {
    metadata: {
      name: 'shop-production-api-7-3fa9c1d2-6c9f7d5b8f-x7k2p',
      uid,
      labels,
      creationTimestamp: '2026-11-21T21:00:00Z',
      deletionTimestamp,
    },
    spec: { containers: [{ name: 'api', ports: [{ name: 'main', containerPort: 8080, protocol: 'TCP' }] }] },
    status: {
      phase: 'Running',
      podIP: '172.17.0.5',
      startTime: '2026-11-21T21:00:01Z',
      conditions: [
        { type: 'Ready', status: 'True' },
        { type: 'PodScheduled', status: 'True' },
      ],
      containerStatuses: [
        { name: 'api', restartCount: 0, state: { running: { startedAt: '2026-11-21T21:00:05Z' } }, lastState: {} },
      ],
      ...status,
      labels: undefined,
    },
  }
}

/** As `kubectl get pods --output json` shows them. */
export function podsJson(...items: readonly object[]): string {
  return JSON.stringify({ apiVersion: 'v1', kind: 'List', items })
}

const LABELS = {
  'seaworthy.app': 'shop',
  'seaworthy.environment': 'production',
  'app.kubernetes.io/component': 'instance',
  'seaworthy.service': 'api',
  'seaworthy.release': '7-3fa9c1d2',
  'seaworthy.artifact': 'a1b2c3d4e5f60718',
}
