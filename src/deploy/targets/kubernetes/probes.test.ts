import assert from 'node:assert/strict'
import { test } from 'node:test'
import { kubernetesRelease } from '../../../../test/support/kubernetes-release.ts'
import { probesOf, type Probes } from './probes.ts'

const CHECK = ['node', '/seaworthy/check.mjs']

function of(service: object, check: readonly string[] | null = CHECK): Probes {
  return probesOf(kubernetesRelease({ api: { start: 'node main.js', ...service } }).config.services['api']!, check)
}

test('three questions, and no two alike', () => {
  const health = {
    ready: '/ready',
    live: '/live',
    startup: '/started',
    interval: '2s',
    timeout: '500ms',
    passes: 2,
    failures: 4,
    deadline: '91s',
  }
  const get = (path: string): object => ({ httpGet: { path, port: 'main' } })
  const times = { periodSeconds: 2, timeoutSeconds: 1 }
  assert.deepEqual(of({ routes: ['/'], health }), {
    startupProbe: { ...get('/started'), ...times, successThreshold: 1, failureThreshold: 46 },
    readinessProbe: { ...get('/ready'), ...times, successThreshold: 2, failureThreshold: 4 },
    livenessProbe: { ...get('/live'), ...times, successThreshold: 1, failureThreshold: 4 },
  })
})

test('liveness is asked only where the config names a path for it', () => {
  assert.equal(of({ routes: ['/'], health: { ready: '/ready' } }).livenessProbe, undefined)
})

test('without a path of its own the start is what readiness is, and has until the deadline', () => {
  const { startupProbe, readinessProbe } = of({ routes: ['/'], health: { ready: '/ready' } })
  assert.deepEqual(startupProbe!.httpGet, readinessProbe!.httpGet)
  // 300 s at 5 s each.
  assert.deepEqual([startupProbe!.failureThreshold, readinessProbe!.failureThreshold], [60, 3])
})

test('what a kubelet cannot ask itself the check in the image asks', () => {
  const asks = (service: object, check?: null): object | undefined => {
    const { httpGet, tcpSocket, exec } = of(service, check).readinessProbe!
    return JSON.parse(JSON.stringify({ httpGet, tcpSocket, exec })) as object
  }
  const exec = { exec: { command: CHECK } }
  assert.deepEqual(asks({ routes: ['/'], health: { ready: '/ready', expect: { body: 'yes' } } }), exec)
  assert.deepEqual(asks({ routes: ['/'], health: { ready: '/ready', expect: { status: 204 } } }), exec)
  assert.deepEqual(asks({ routes: ['/'] }), exec)
  assert.deepEqual(asks({ health: { ready: 'node ready.js now' } }), { exec: { command: ['node', 'ready.js', 'now'] } })
  // An image of somebody else: as near as a kubelet comes.
  assert.deepEqual(asks({ routes: ['/'], health: { ready: '/ready', expect: { body: 'yes' } } }, null), {
    httpGet: { path: '/ready', port: 'main' },
  })
  assert.deepEqual(asks({ routes: ['/'] }, null), { tcpSocket: { port: 'main' } })
})

test('a worker without a check has none: it has to stay up, and that its restarts show', () => {
  assert.deepEqual(of({}), {})
})
