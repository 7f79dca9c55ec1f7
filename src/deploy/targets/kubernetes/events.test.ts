import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eventsIn } from './events.ts'
import { refusalsIn } from './refusal.ts'

const metadata = { creationTimestamp: '2026-11-21T21:00:00Z' }

test('events of older and of newer servers, the newest last', () => {
  const items = [
    { reason: 'BackOff', message: 'b', count: 4, lastTimestamp: '2026-11-21T21:03:00Z', metadata },
    {
      reason: 'FailedScheduling',
      message: 'a',
      lastTimestamp: null,
      eventTime: '2026-11-21T21:01:00.5Z',
      series: null,
      metadata,
    },
    {
      reason: 'Unhealthy',
      message: 'c',
      eventTime: '2026-11-21T21:00:00Z',
      series: { count: 9, lastObservedTime: '2026-11-21T21:04:00Z' },
      metadata,
    },
    { metadata },
  ]
  assert.deepEqual(
    eventsIn(JSON.stringify({ items })).map(({ reason, count }) => [reason, count]),
    [
      ['', 1],
      ['FailedScheduling', 1],
      ['BackOff', 4],
      ['Unhealthy', 9],
    ],
  )
  assert.throws(() => eventsIn('Error from server (Forbidden)'))
})

test('a Deployment that gets no pods says why itself', () => {
  const labels = {
    'app.kubernetes.io/component': 'instance',
    'seaworthy.service': 'api',
    'seaworthy.release': '7-3fa9c1d2',
  }
  const refused = (message: string, status = 'True'): readonly string[] => {
    const conditions = [{ type: 'ReplicaFailure', status, reason: 'FailedCreate', message }]
    const items = [{ metadata: { labels }, status: { conditions } }, { metadata: {} }]
    return refusalsIn(JSON.stringify({ items })).map(
      ({ service, release, cause }) => `${service} ${release} ${cause.name}, ${cause.certainty}: ${cause.text}`,
    )
  }
  const quota = 'pods "x" is forbidden: exceeded quota: q, requested: pods=1, used: pods=2, limited: pods=2'
  assert.deepEqual(refused(quota), [`api 7-3fa9c1d2 quota, proven: the cluster refuses its pods: ${quota}`])
  assert.match(refused('pods "x" is forbidden: violates PodSecurity "restricted:latest"')[0]!, /pod-security/)
  assert.match(refused('error looking up service account shop/x: serviceaccount "x" not found')[0]!, /missing-object/)
  assert.match(refused('maximum cpu usage per Container is 1, but limit is 2')[0]!, /limit-range/)
  assert.match(refused('admission webhook "x" denied the request')[0]!, / refused, /)
  assert.deepEqual(refused(quota, 'False'), [])
})
