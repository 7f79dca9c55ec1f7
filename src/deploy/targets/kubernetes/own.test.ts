import assert from 'node:assert/strict'
import { test } from 'node:test'
import { frontIn, ownIn, whyNot } from './own.ts'

const PLACE = { app: 'shop', environment: 'production' }

const setOf = (more: { labels?: object; status?: object } = {}): string =>
  JSON.stringify({
    metadata: {
      generation: 3,
      labels: more.labels ?? { 'seaworthy.app': 'shop', 'seaworthy.environment': 'production' },
      annotations: { 'seaworthy.installation': '{"http":80}' },
    },
    spec: { template: { spec: { containers: [{ image: 'seaworthy:1-abc' }] } } },
    status: { observedGeneration: 3, readyReplicas: 1, currentRevision: 'a', updateRevision: 'a', ...more.status },
  })

test('control is there, with what it was made', () => {
  assert.equal(ownIn('', PLACE), null)
  assert.deepEqual(ownIn(setOf(), PLACE), {
    image: 'seaworthy:1-abc',
    installation: '{"http":80}',
    isRunning: true,
    isCurrent: true,
  })
})

test('a pod of before is not current: neither what nobody has looked at yet nor what is being replaced', () => {
  for (const status of [{ observedGeneration: 2 }, { updateRevision: 'b' }])
    assert.equal(ownIn(setOf({ status }), PLACE)?.isCurrent, false)
  assert.equal(ownIn(setOf({ status: { readyReplicas: undefined } }), PLACE)?.isRunning, false)
})

test('what somebody else has put there under the same name is left alone', () => {
  for (const more of [{}, { 'seaworthy.app': 'other' }, { 'seaworthy.environment': 'staging' }]) {
    const labels = { 'seaworthy.app': 'shop', 'seaworthy.environment': 'production', ...more }
    const of = (): unknown => ownIn(setOf({ labels }), PLACE)
    if (Object.keys(more).length === 0) assert.ok(of())
    else assert.throws(of, { code: 'target.name-taken' })
  }
})

test('why its pod does not run is the cluster’s own word; what every pod goes through is no reason', () => {
  assert.deepEqual(whyNot(''), ['there is no pod'])
  const waits = (name: string, reason: string, message?: string): object => ({
    name,
    state: { waiting: { reason, message } },
  })
  const pod = (status: object): string => JSON.stringify({ status })
  const message = '0/1 nodes are available: 1 pod has unbound immediate PersistentVolumeClaims.'
  assert.deepEqual(whyNot(pod({ conditions: [{ type: 'PodScheduled', status: 'False', message }] })), [
    `it has no node: ${message}`,
  ])
  const initContainerStatuses = [waits('environment', 'ErrImagePull', 'not found')]
  const containerStatuses = [waits('control', 'PodInitializing')]
  assert.deepEqual(whyNot(pod({ initContainerStatuses, containerStatuses })), [
    'environment waits: ErrImagePull not found',
  ])
  assert.deepEqual(whyNot(pod({ containerStatuses: [waits('control', 'ContainerCreating')] })), [])
})

test('where the front door is, inside, and outside once the cluster has an address', () => {
  const front = (spec: object, status: object = {}): string | null =>
    frontIn(JSON.stringify({ spec: { clusterIP: '10.96.0.7', ports: [{ port: 80 }, { port: 443 }], ...spec }, status }))
  assert.equal(frontIn(''), null)
  assert.equal(front({ type: 'ClusterIP' }), '10.96.0.7, port 80 and 443, inside the cluster')
  assert.equal(
    front({ type: 'LoadBalancer' }),
    '10.96.0.7, port 80 and 443, inside the cluster; the cluster has given it no address outside yet',
  )
  const loadBalancer = { ingress: [{ ip: '203.0.113.9' }, { hostname: 'lb.example.com' }] }
  assert.equal(front({ type: 'LoadBalancer' }, { loadBalancer }), '203.0.113.9, lb.example.com, port 80 and 443')
})
