import assert from 'node:assert/strict'
import { test } from 'node:test'
import { podJson, podsJson, type PodJson } from '../../../../test/support/pods.ts'
import { observed, type ObservedPod } from './observe.ts'

function of(more: PodJson = {}): ObservedPod {
  return observed(podsJson(podJson(more)))[0]!
}

test('one that is ready, with the address and the port that it is reached at', () => {
  const { instance, ...rest } = of()
  assert.deepEqual(instance, {
    id: 'api@7-3fa9c1d2-52395738192641',
    service: 'api',
    release: '7-3fa9c1d2',
    host: '172.17.0.5',
    port: 8080,
    state: 'running',
    pid: null,
    startedAt: Date.parse('2026-11-21T21:00:05Z'),
    restarts: 0,
    lastExit: null,
  })
  assert.deepEqual(rest, {
    pod: 'shop-production-api-7-3fa9c1d2-6c9f7d5b8f-x7k2p',
    artifact: 'a1b2c3d4e5f60718',
    image: null,
    isBare: false,
    isReady: true,
    waiting: null,
    ended: null,
    unschedulable: null,
    failed: null,
  })
})

test('what it runs, by whatever runtime', () => {
  const id = `sha256:${'1'.repeat(64)}`
  const imageOf = (imageID: string): string | null =>
    of({
      containerStatuses: [{ name: 'api', restartCount: 0, imageID, state: { running: { startedAt: '2026-11-21' } } }],
    }).image
  assert.deepEqual(
    ['', `docker://${id}`, `docker-pullable://nginx@${id}`, id, `registry.example.com:5000/x@${id}`].map(imageOf),
    [null, id, `nginx@${id}`, id, `registry.example.com:5000/x@${id}`],
  )
})

test('its number is its own for ever', () => {
  const ids = ['2fa7555c-db01-4c52-9c0f-0d4c56b7a001', '2fa7555c-db02-4c52-9c0f-0d4c56b7a001'].map(
    (uid) => of({ uid }).instance.id,
  )
  assert.equal(new Set(ids).size, 2)
  for (const id of ids) assert.match(id, /^api@7-3fa9c1d2-\d+$/)
})

test('before a node has taken it there is no address', () => {
  const message = '0/3 nodes are available: 3 Insufficient cpu.'
  const { instance, unschedulable, waiting } = of({
    phase: 'Pending',
    podIP: undefined,
    startTime: undefined,
    conditions: [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message }],
    containerStatuses: undefined,
  })
  assert.deepEqual([instance.host, instance.state, unschedulable, waiting], ['', 'starting', message, null])
  assert.equal(instance.startedAt, Date.parse('2026-11-21T21:00:00Z'))
})

test('those that end again and again', () => {
  const back = (restartCount: number): ObservedPod =>
    of({
      conditions: [],
      containerStatuses: [
        {
          name: 'api',
          restartCount,
          state: { waiting: { reason: 'CrashLoopBackOff', message: 'back-off 10s restarting failed container' } },
          lastState: { terminated: { exitCode: 3, reason: 'Error' } },
        },
      ],
    })
  assert.deepEqual([back(1).instance.state, back(5).instance.state], ['restarting', 'crash-loop'])
  assert.equal(back(5).instance.lastExit, 'exited with 3')
  assert.equal(back(5).instance.restarts, 5)
  assert.deepEqual(back(1).ended, { exitCode: 3, reason: 'Error', message: '' })
})

test('the moment between an end and the next start', () => {
  const state = { terminated: { exitCode: 137, reason: 'OOMKilled' } }
  const { instance } = of({ containerStatuses: [{ name: 'api', restartCount: 0, state }] })
  assert.equal(instance.state, 'restarting')
  assert.equal(instance.lastExit, 'ran out of memory, exited with 137 (SIGKILL)')
})

test('one that goes is stopping, whatever its container does', () => {
  assert.equal(of({ deletionTimestamp: '2026-11-21T21:01:00Z' }).instance.state, 'stopping')
})

test('one that its node has ended', () => {
  const message = 'The node was low on resource: ephemeral-storage.'
  const { instance, failed } = of({ phase: 'Failed', reason: 'Evicted', message, containerStatuses: undefined })
  assert.equal(instance.state, 'stopped')
  assert.deepEqual(failed, { reason: 'Evicted', message })
})

test('what the runtime could not start', () => {
  const terminated = { exitCode: 128, reason: 'StartError', message: 'exec: "nod": executable file not found in $PATH' }
  const { instance } = of({ containerStatuses: [{ name: 'api', restartCount: 1, state: { terminated } }] })
  assert.match(instance.lastExit!, /^could not be started: exec: "nod"/)
})

test('a sidecar that somebody adds is not taken for the program', () => {
  const injected = { name: 'mesh', restartCount: 9, state: { waiting: { reason: 'CrashLoopBackOff' } } }
  const own = { name: 'api', restartCount: 0, state: { running: { startedAt: '2026-11-21T21:00:05Z' } } }
  const { instance } = of({ containerStatuses: [injected, own] })
  assert.deepEqual([instance.state, instance.restarts], ['running', 0])
})

test('pods that are none of our instances are left out', () => {
  const labels = { 'seaworthy.service': 'api', 'seaworthy.release': '7-3fa9c1d2' }
  for (const other of [undefined, {}, { app: 'x' }, { ...labels, 'app.kubernetes.io/component': 'migration' }])
    assert.deepEqual(observed(podsJson(podJson({ labels: other }))), [])
  assert.throws(() => observed('The connection to the server was refused'))
})
