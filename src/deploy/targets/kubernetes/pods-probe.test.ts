import assert from 'node:assert/strict'
import { test } from 'node:test'
import { kubernetesRelease } from '../../../../test/support/kubernetes-release.ts'
import { podJson, podsJson, type PodJson } from '../../../../test/support/pods.ts'
import { observed, type ObservedPod } from './observe.ts'
import { probeOfPods, rosterOf, worstOf } from './pods-probe.ts'

const READY = [{ type: 'Ready', status: 'True' }]
const pod = (name: string, more: PodJson = {}): ObservedPod => ({ ...observed(podsJson(podJson(more)))[0]!, pod: name })
const ready = pod('ready', { conditions: READY })
const slow = pod('slow', { conditions: [] })
const ended = (restartCount: number): ObservedPod =>
  pod(`ended-${restartCount}`, {
    conditions: [],
    containerStatuses: [
      {
        name: 'api',
        restartCount,
        state: { waiting: { reason: 'CrashLoopBackOff' } },
        lastState: { terminated: { exitCode: 3, reason: 'Error' } },
      },
    ],
  })
const pulling = pod('pulling', {
  conditions: [],
  containerStatuses: [{ name: 'api', restartCount: 0, state: { waiting: { reason: 'ImagePullBackOff' } } }],
})
const evicted = pod('evicted', { phase: 'Failed', reason: 'Evicted', conditions: [], containerStatuses: undefined })

const probe = (pods: readonly ObservedPod[], instances: number | null = 2, refusal: string | null = null) => {
  const cause = { name: 'quota', certainty: 'proven', text: refusal ?? '', basis: '', cure: null } as const
  const refused = refusal === null ? null : { service: 'api', release: '7-3fa9c1d2', cause }
  return probeOfPods({ pods, instances, refusal: refused }, 5)
}

test('only when as many are ready as there have to be is anybody asked', () => {
  assert.equal(probe([ready, ready]), null)
  // What a node has ended stays there as a record; its place has been taken.
  assert.equal(probe([ready, evicted, ready]), null)
  assert.deepEqual(probe([ready, slow]), {
    kind: 'fail',
    because: '1 of 2 pods are ready; slow runs, and its readiness probe does not pass',
    tookMs: 5,
    look: null,
  })
})

test('one that ends counts as gone, with the restarts of the worst', () => {
  assert.deepEqual(probe([ready, ended(1), ended(2), slow], 4), {
    kind: 'gone',
    because: 'ended-2: the program exited with 3',
    restarts: 2,
  })
  // An eviction is the node's doing: another comes.
  assert.equal(probe([ready, evicted])?.kind, 'fail')
})

test('without a pod the Deployment says why, and without a Deployment nothing comes any more', () => {
  const because = (probe([], 2, 'the cluster refuses its pods: exceeded quota') as { because: string }).because
  assert.equal(because, '0 of 2 pods are ready; the cluster refuses its pods: exceeded quota')
  assert.match((probe([]) as { because: string }).because, /there is no pod yet$/)
  assert.deepEqual(probe([ready, ready], null), {
    kind: 'gone',
    because: 'its Deployment is not there any more',
    restarts: null,
  })
})

test('the worst is what tells most', () => {
  const nameOf = (...pods: readonly ObservedPod[]): string | undefined => worstOf(pods)?.pod
  assert.equal(nameOf(slow, pulling, ended(1), ready), 'ended-1')
  assert.equal(nameOf(evicted, slow, pulling), 'pulling')
  assert.equal(nameOf(evicted, slow), 'slow')
  assert.equal(nameOf(ready), undefined)
})

test("an instance has the Service's address for ever, and the rest of the pod in its place", () => {
  const release = kubernetesRelease({
    api: { start: 'node main.js', routes: ['/'] },
    jobs: { start: 'node jobs.js' },
  })
  const ids = [1, 2, 3].map((number) => `api@${release.id}-${number}`)
  const old = pod('old', { startTime: '2026-11-21T20:00:00Z', containerStatuses: undefined, conditions: [] })
  const rows = rosterOf(release, 'api', { ids, pods: [ended(2), old], address: '10.96.3.4', now: 77 })
  assert.deepEqual(
    rows.map(({ id, host, port, state, restarts, pid }) => [id, host, port, state, restarts, pid]),
    [
      [ids[0], '10.96.3.4', 8080, 'starting', 0, null],
      [ids[1], '10.96.3.4', 8080, 'restarting', 2, null],
      [ids[2], '10.96.3.4', 8080, 'starting', 0, null],
    ],
  )
  assert.equal(rows[2]!.startedAt, 77)
  const [worker] = rosterOf(release, 'jobs', { ids: [`jobs@${release.id}-1`], pods: [], address: '', now: 0 })
  assert.equal(worker!.port, null)
})
