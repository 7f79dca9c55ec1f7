import assert from 'node:assert/strict'
import { test } from 'node:test'
import { kubernetesRelease } from '../../../../test/support/kubernetes-release.ts'
import { podJson, podsJson, type PodJson } from '../../../../test/support/pods.ts'
import { causeOfPod } from './causes.ts'
import type { Happened } from './events.ts'
import { observed } from './observe.ts'

const service = kubernetesRelease({
  api: {
    start: 'node main.js',
    routes: ['/'],
    health: { ready: '/ready', live: '/live', deadline: '90s' },
    resources: { memory: '64MiB' },
  },
}).config.services['api']!

function event(reason: string, message: string, count = 1): Happened {
  return { reason, message, count, at: 0 }
}

interface Scene {
  readonly events?: readonly Happened[]
  readonly lastLines?: readonly string[]
}

function causeOf(pod: PodJson, { events = [], lastLines = [] }: Scene = {}): ReturnType<typeof causeOfPod> {
  return causeOfPod({ observed: observed(podsJson(podJson(pod)))[0]!, service, events, lastLines })
}

function textOf(pod: PodJson, scene?: Scene): string {
  const cause = causeOf(pod, scene)
  return cause === null ? 'none' : `${cause.name}, ${cause.certainty}: ${cause.text}`
}

/** A pod whose only container is in this state. */
function container(state: object, more: { readonly restarts?: number; readonly last?: object } = {}): PodJson {
  const { restarts = 0, last } = more
  const status = { name: 'api', restartCount: restarts, state, ...(last === undefined ? {} : { lastState: last }) }
  return { phase: 'Pending', conditions: [], containerStatuses: [status] }
}

const BACK_OFF = { waiting: { reason: 'CrashLoopBackOff', message: 'back-off 10s restarting failed container' } }
const RUNNING = { running: { startedAt: '2026-11-21T21:00:05Z' } }
const ended = (exitCode: number, reason = 'Error'): object => ({ terminated: { exitCode, reason } })

test('an image that does not arrive: the event says why, and the cure follows it', () => {
  const pod = container({ waiting: { reason: 'ImagePullBackOff', message: 'Back-off pulling image "shop/api:1"' } })
  const cause = (message: string): readonly (string | null)[] => {
    const events = [event('Failed', message, 3), event('Failed', 'Error: ErrImagePull'), event('BackOff', 'Back-off')]
    const { text, cure } = causeOf(pod, { events })!
    return [text, cure]
  }
  const failed = 'Failed to pull image "shop/api:1": rpc error: code = Unknown desc = '
  assert.deepEqual(cause(`${failed}manifest unknown`), [
    `its image does not arrive: ${failed}manifest unknown`,
    'Push the image, or, without a registry, load it on every node.',
  ])
  assert.match(cause(`${failed}unauthorized: authentication required`)[1]!, /image pull secret/)
  assert.match(cause(`${failed}dial tcp: lookup registry.example.com: no such host`)[1]!, /does not reach the registry/)
  // Events are gone after an hour.
  assert.equal(textOf(pod), 'image-pull, proven: its image does not arrive: Back-off pulling image "shop/api:1"')
})

test('no node takes it, with the scheduler’s own count', () => {
  const pod = (message: string): PodJson => ({
    phase: 'Pending',
    conditions: [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message }],
    containerStatuses: undefined,
  })
  const { name, text, cure } = causeOf(pod('0/3 nodes are available: 3 Insufficient cpu.'))!
  assert.deepEqual([name, text], ['unschedulable', 'no node takes it: 0/3 nodes are available: 3 Insufficient cpu.'])
  assert.match(cure!, /`resources`/)
  assert.match(causeOf(pod('0/1 nodes are available: 1 node(s) had taint {x: }'))!.cure!, /set aside for others/)
})

test('a crash loop has its exit code and the line that tells', () => {
  const pod = container(BACK_OFF, { restarts: 4, last: ended(1) })
  assert.equal(
    textOf(pod, { lastLines: ['starting', 'Error: DB_URL is not set', 'bye'] }),
    'crash-loop, proven: the program exited with 1 (4 times): Error: DB_URL is not set',
  )
  assert.equal(
    textOf(container(BACK_OFF, { restarts: 2, last: ended(0, 'Completed') })),
    'ended-by-itself, proven: the program exited with 0 (2 times), without a word',
  )
})

test('out of memory, with the limit', () => {
  const pod = container(BACK_OFF, { restarts: 2, last: ended(137, 'OOMKilled') })
  assert.equal(
    textOf(pod),
    'out-of-memory, proven: it used more memory than the 64 MiB of `resources.memory`, and the kernel killed it (2 times)',
  )
})

test('what a pod refers to and what it may not be', () => {
  const pod = (message: string): PodJson => container({ waiting: { reason: 'CreateContainerConfigError', message } })
  assert.equal(
    textOf(pod('secret "shop-production-api-7-3fa9c1d2" not found')),
    'missing-object, proven: it refers to what is not there: secret "shop-production-api-7-3fa9c1d2" not found',
  )
  assert.match(
    textOf(pod('container has runAsNonRoot and image will run as root (pod: "x")')),
    /^runs-as-root, proven: its image would run as root/,
  )
})

test('a volume that cannot be mounted', () => {
  const events = [event('FailedMount', 'MountVolume.SetUp failed for volume "secrets": secret "x" not found', 7)]
  const pod = container({ waiting: { reason: 'ContainerCreating' } })
  const { name, basis, cure } = causeOf(pod, { events })!
  assert.deepEqual([name, basis], ['volume-missing', 'the event FailedMount, 7 times'])
  assert.match(cure!, /Deploy again/)
})

test('a program that is not in the image: by the runtime, or by our own entry', () => {
  const message = 'OCI runtime create failed: exec: "nod": executable file not found in $PATH: unknown'
  const byRuntime = container({ waiting: { reason: 'RunContainerError', message } }, { restarts: 1 })
  assert.equal(textOf(byRuntime), "not-started, proven: there is no program 'node' in its image")
  const byEntry = container(BACK_OFF, { restarts: 2, last: ended(127) })
  assert.equal(textOf(byEntry), "not-started, likely: there is no program 'node' in its image")
})

test('a probe that does not pass, with what it got back and what to do', () => {
  const pod: PodJson = { conditions: [{ type: 'Ready', status: 'False' }] }
  const cause = (message: string): readonly (string | null)[] => {
    const { text, basis, cure } = causeOf(pod, { events: [event('Unhealthy', message, 12)] })!
    return [text, basis, cure]
  }
  const refused = 'Get "http://172.17.0.5:8080/ready": dial tcp 172.17.0.5:8080: connect: connection refused'
  assert.deepEqual(cause(`Startup probe failed: ${refused}`), [
    `it runs, and /ready does not pass: ${refused}`,
    'the event Unhealthy, 12 times',
    'It has to listen on 0.0.0.0 and on $PORT (8080), not on 127.0.0.1 or another port.',
  ])
  assert.match(cause('Readiness probe failed: HTTP probe failed with statuscode: 404')[2]!, /`health.ready`/)
  assert.match(cause('Readiness probe failed: ')[0]!, /does not pass: it exits with an error$/)
  // What is ready is not asked why it is not.
  assert.equal(textOf({}, { events: [event('Unhealthy', `Startup probe failed: ${refused}`)] }), 'none')
})

test('a restart that the kubelet brought about is not taken for a crash', () => {
  const pod = container(BACK_OFF, { restarts: 3, last: ended(137) })
  const killed = (kind: string): readonly Happened[] => [
    event(
      'Unhealthy',
      `${kind === 'startup' ? 'Startup' : 'Liveness'} probe failed: HTTP probe failed with statuscode: 503`,
    ),
    event('Killing', `Container api failed ${kind} probe, will be restarted`, 3),
  ]
  assert.equal(
    textOf(pod, { events: killed('liveness') }),
    'not-alive, proven: /live did not pass, and it was started again (3 times): HTTP probe failed with statuscode: 503',
  )
  assert.equal(
    textOf(pod, { events: killed('startup') }),
    'slow-start, proven: it did not become ready within 90 s, and was started again (3 times): HTTP probe failed with statuscode: 503',
  )
  // An ordinary end of a pod is a Killing, too.
  assert.match(textOf(pod, { events: [event('Killing', 'Stopping container api')] }), /^crash-loop/)
})

test('one that its node has ended says so before anything else', () => {
  const message = 'Pod ephemeral local storage usage exceeds the total limit of containers 1Gi.'
  const { name, cure } = causeOf({ phase: 'Failed', reason: 'Evicted', message })!
  assert.equal(name, 'evicted')
  assert.match(cure!, /\/tmp/)
})

test('nothing is said of one that is ready, goes, or was just made', () => {
  assert.equal(textOf({}), 'none')
  assert.equal(textOf({ ...container(RUNNING, { last: ended(1) }), deletionTimestamp: '2026-11-21T21:01:00Z' }), 'none')
  assert.equal(textOf(container({ waiting: { reason: 'ContainerCreating' } })), 'none')
})

test('every cause says how it is known, and no text is longer than a screen can show', () => {
  const long = 'x'.repeat(10_000)
  const pod = container({ waiting: { reason: 'ImagePullBackOff', message: `two\nlines ${long}` } })
  const { text, basis } = causeOf(pod)!
  assert.ok(text.length < 400 && !text.includes('\n'))
  assert.ok(basis.length > 0)
})
