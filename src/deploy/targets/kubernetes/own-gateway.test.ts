import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gatewayIn, gatewayPodsIn } from './own-gateway.ts'

const PLACE = { app: 'shop', environment: 'production' }
const LABELS = { 'seaworthy.app': 'shop', 'seaworthy.environment': 'production' }

const deployment = (status: object = {}, labels: object = LABELS): string =>
  JSON.stringify({
    metadata: { generation: 4, labels, annotations: { 'seaworthy.installation': '{"http":80}' } },
    spec: { replicas: 2, template: { spec: { containers: [{ image: 'seaworthy:1-abc' }] } } },
    status: { observedGeneration: 4, replicas: 2, updatedReplicas: 2, readyReplicas: 2, ...status },
  })

test('the gateway is there, with what it was made', () => {
  assert.equal(gatewayIn('', PLACE), null)
  assert.deepEqual(gatewayIn(deployment(), PLACE), {
    image: 'seaworthy:1-abc',
    installation: '{"http":80}',
    pods: 2,
    ready: 2,
    isCurrent: true,
  })
})

test('it is not current while nobody has looked yet, while a pod of before is left or a new one is not ready', () => {
  for (const status of [
    { observedGeneration: 3 },
    { updatedReplicas: 1 },
    { replicas: 3 },
    { readyReplicas: 1 },
    { readyReplicas: undefined },
  ])
    assert.equal(gatewayIn(deployment(status), PLACE)!.isCurrent, false, JSON.stringify(status))
})

test('what somebody else has put there under the same name is left alone', () => {
  assert.throws(() => gatewayIn(deployment({}, { ...LABELS, 'seaworthy.app': 'other' }), PLACE), {
    code: 'target.name-taken',
  })
})

test('its pods: those that are leaving are there; those that have ended are not', () => {
  const pod = (name: string, { metadata = {}, status = {} }: { metadata?: object; status?: object } = {}): object => ({
    metadata: { name, creationTimestamp: '2026-11-22T09:00:00Z', ...metadata },
    status: {
      phase: 'Running',
      conditions: [{ type: 'Ready', status: 'True' }],
      containerStatuses: [{ name: 'gateway', restartCount: 1, state: {} }],
      ...status,
    },
  })
  const waiting = { name: 'gateway', restartCount: 0, state: { waiting: { reason: 'ErrImagePull', message: 'no' } } }
  const items = [
    pod('a'),
    pod('b', { metadata: { deletionTimestamp: '2026-11-22T09:01:00Z' } }),
    pod('c', { status: { phase: 'Failed' } }),
    pod('d', { status: { phase: 'Pending', conditions: [], containerStatuses: [waiting] } }),
  ]
  const found = gatewayPodsIn(JSON.stringify({ items }))
  assert.deepEqual(
    found.map(({ name, isReady, isLeaving, restarts, because }) => [name, isReady, isLeaving, restarts, because]),
    [
      ['a', true, false, 1, []],
      ['b', true, true, 1, []],
      ['d', false, false, 0, ['gateway waits: ErrImagePull no']],
    ],
  )
  assert.equal(found[0]!.startedAt, Date.parse('2026-11-22T09:00:00Z'))
})
