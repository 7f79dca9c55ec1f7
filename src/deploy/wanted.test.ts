import assert from 'node:assert/strict'
import { test } from 'node:test'
import { kubernetesRelease } from '../../test/support/kubernetes-release.ts'
import { dockerRelease } from '../../test/support/docker-release.ts'
import { hasInstances, wantedInstances, type Scaled } from './wanted.ts'

const RUNS = [
  { kind: 'program', argv: ['node'] },
  { kind: 'static', folder: 'web' },
  { kind: 'image', image: 'shop/api:1' },
] as const

test('on a machine programs alone run; as containers and pods everything does', () => {
  const of = (target: 'process' | 'docker' | 'kubernetes') => RUNS.map((run) => hasInstances({ run }, { target }))
  assert.deepEqual(of('process'), [true, false, false])
  assert.deepEqual(of('docker'), [true, true, true])
  assert.deepEqual(of('kubernetes'), [true, true, true])
})

test('a number set by hand counts within the bounds; with a port of its own only where each has an address of its own', () => {
  const api = { start: 'node api.js', routes: ['/'], port: 8080, scale: { min: 1, max: 3 } }
  const on = (target: 'process' | 'docker', scaled: Scaled) =>
    wantedInstances('api', { ...dockerRelease({ api }).config, target }, scaled)
  assert.deepEqual([on('docker', {}), on('docker', { api: 2 }), on('docker', { api: 9 })], [1, 2, 3])
  assert.equal(on('process', { api: 2 }), 1)
})

test('beside an autoscaler of the cluster a number that was set before means nothing', () => {
  const { config } = kubernetesRelease({ api: { start: 'node api.js', scale: { min: 1, max: 9, cpu: '70%' } } })
  assert.equal(wantedInstances('api', config, { api: 5 }), 1)
})
