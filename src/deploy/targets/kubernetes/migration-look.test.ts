import assert from 'node:assert/strict'
import { test } from 'node:test'
import { applyingIn, stepLook, stepsIn } from './migration-look.ts'

const WAITS = { waiting: { reason: 'PodInitializing' } }

function job(type?: string, reason?: string, failed = 0): string {
  const conditions = type === undefined ? undefined : [{ type, status: 'True', reason }]
  return JSON.stringify({ status: { conditions, failed } })
}

function pods(...items: readonly object[]): string {
  return JSON.stringify({
    items: items.map((status, index) => ({
      metadata: { name: `p${index + 1}`, creationTimestamp: `2026-11-22T10:00:0${index}Z` },
      status,
    })),
  })
}

function ended(exitCode: number, reason = 'Error', message = ''): object {
  return { containerStatuses: [{ name: 'api', state: { terminated: { exitCode, reason, message } } }] }
}

test('what waits says for what; it has begun as soon as one of its programs has', () => {
  assert.deepEqual(stepLook(job(), pods()), { kind: 'waits', why: 'it has no pod yet' })
  const scheduled = { conditions: [{ type: 'PodScheduled', status: 'False', message: '0/1 nodes are available' }] }
  assert.deepEqual(stepLook(job(), pods(scheduled)), { kind: 'waits', why: 'it has no node: 0/1 nodes are available' })
  const pulls = { waiting: { reason: 'ErrImagePull', message: 'not found' } }
  const dump = (state: object): object => ({
    initContainerStatuses: [{ name: 'dump', state }],
    containerStatuses: [{ name: 'restore', state: WAITS }],
  })
  assert.deepEqual(stepLook(job(), pods(dump(pulls))), { kind: 'waits', why: 'ErrImagePull not found' })
  assert.deepEqual(stepLook(job(), pods(dump(WAITS))), { kind: 'waits', why: 'it is being started' })
  assert.deepEqual(stepLook(job(), pods(dump({ running: {} }))), { kind: 'runs' })
  assert.deepEqual(stepLook(job(), pods(dump({ terminated: { exitCode: 0 } }))), { kind: 'runs' })
})

test('it has ended when its job has, and the program that failed tells why', () => {
  const said = { pod: 'p1', container: 'api' }
  assert.deepEqual(stepLook(job(), pods(ended(3))), { kind: 'runs' })
  assert.deepEqual(stepLook(job('Complete'), pods(ended(0))), { kind: 'ended', because: null, said })
  const because = (status: object, reason = 'BackoffLimitExceeded') => {
    const look = stepLook(job('Failed', reason), pods(status))
    return look.kind === 'ended' && look.because
  }
  assert.equal(because(ended(3)), 'exited with 3')
  assert.equal(because(ended(137, 'OOMKilled')), 'ran out of memory')
  assert.equal(because(ended(127, 'ContainerCannotRun', 'no such file')), 'could not be started: no such file')
  assert.equal(because({ reason: 'Evicted' }), 'was ended: Evicted')
  assert.equal(because(ended(0), 'DeadlineExceeded'), 'did not end in its time, and was ended')
  const dumped = {
    initContainerStatuses: [{ name: 'dump', state: { terminated: { exitCode: 1 } } }],
    containerStatuses: [{ name: 'restore', state: WAITS }],
  }
  assert.deepEqual(stepLook(job('Failed'), pods(dumped)), {
    kind: 'ended',
    because: 'exited with 1',
    said: { pod: 'p1', container: 'dump' },
  })
  assert.deepEqual(stepLook(job('Failed'), pods()), {
    kind: 'ended',
    because: 'was ended: its pod was removed',
    said: null,
  })
})

test('a pod that a cluster makes in place of one that was deleted is not waited for', () => {
  const waits = { containerStatuses: [{ name: 'api', state: { waiting: { reason: 'ContainerCreating' } } }] }
  const ends = { kind: 'ended', because: 'was ended: its pod was removed', said: null }
  assert.deepEqual(stepLook(job(undefined, undefined, 1), pods(waits)), ends)
  const going = { containerStatuses: [{ name: 'api', state: { running: {} } }] }
  for (const status of [job(undefined, undefined, 1), job('Failed', 'BackoffLimitExceeded', 1)])
    assert.equal(stepLook(status, pods(going, waits)).kind, 'runs', 'it has its grace')
  // Newer ones say first that it will fail, and then that it has.
  assert.equal(stepLook(job('FailureTarget', 'BackoffLimitExceeded', 1), pods(ended(3))).kind, 'runs')
})

test('of several pods the last counts', () => {
  const look = stepLook(job('Failed'), pods(ended(137), ended(5)))
  assert.deepEqual(look, { kind: 'ended', because: 'exited with 5', said: { pod: 'p2', container: 'api' } })
})

test('which steps are there, and which of them change a database at this moment', () => {
  const of = (name: string, run: string, more: object, active?: number): object => ({
    metadata: { name, labels: { 'seaworthy.migration': run, ...more } },
    status: { active },
  })
  const applying = { 'seaworthy.applying': 'yes' }
  const items = [of('a', '1', {}, 1), of('b', '2', applying, 1), of('c', '3', applying)]
  const output = JSON.stringify({ items })
  assert.deepEqual(
    stepsIn(output).map(({ name, run }) => `${name} ${run}`),
    ['a 1', 'b 2', 'c 3'],
  )
  assert.deepEqual(applyingIn(output), [{ name: 'b', run: 2 }])
})
