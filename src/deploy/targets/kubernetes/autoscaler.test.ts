import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CLUSTER, kubernetesRelease, OLD_CLUSTER } from '../../../../test/support/kubernetes-release.ts'
import { DOWN_SHARE, SCALE_TIMING, UP_FACTOR, UP_STEP } from '../../../control/scale/timing.ts'
import { autoscalerOf, isAutoscaled } from './autoscaler.ts'

interface Spec {
  readonly minReplicas: number
  readonly maxReplicas: number
  readonly scaleTargetRef: object
  readonly metrics: readonly { readonly resource: { readonly name: string; readonly target: object } }[]
  readonly behavior: object
}

function of(service: object, options: { cluster?: typeof CLUSTER; atLeast?: number } = {}): Spec | null {
  const release = kubernetesRelease({ api: { start: 'node main.js', routes: ['/'], ...service } })
  const found = autoscalerOf(release, 'api', { cluster: CLUSTER, ...options })
  return found === null ? null : (found['spec'] as Spec)
}

const SCALE = { min: 2, max: 8, cpu: '70%', memory: '80%' }

test('a share is that of the declared resources, or of one core', () => {
  const targets = (service: object): readonly object[] =>
    of(service)!.metrics.map(({ resource }) => ({ [resource.name]: resource.target }))
  const value = (averageValue: string): object => ({ type: 'AverageValue', averageValue })
  assert.deepEqual(targets({ scale: SCALE, resources: { cpu: 0.5, memory: '200MiB' } }), [
    { cpu: value('350m') },
    { memory: value('160Mi') },
  ])
  assert.deepEqual(targets({ scale: { min: 1, max: 3, cpu: '70%' } }), [{ cpu: value('700m') }])
})

test('it scales its Deployment within its bounds, beginning with what the load needs already', () => {
  const { minReplicas, maxReplicas, scaleTargetRef } = of({ scale: SCALE, resources: { memory: '200MiB' } })!
  assert.deepEqual([minReplicas, maxReplicas], [2, 8])
  assert.deepEqual(scaleTargetRef, {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    name: 'shop-production-api-7-3fa9c1d2',
  })
  const least = (atLeast: number): number =>
    of({ scale: SCALE, resources: { memory: '200MiB' } }, { atLeast })!.minReplicas
  assert.deepEqual([1, 5, 50].map(least), [2, 5, 8])
})

test('it moves as fast as control does elsewhere', () => {
  const seconds = (ms: number): number => ms / 1000
  assert.deepEqual(of({ scale: { min: 1, max: 3, cpu: '70%' } })!.behavior, {
    scaleUp: {
      stabilizationWindowSeconds: 0,
      selectPolicy: 'Max',
      policies: [
        { type: 'Percent', value: (UP_FACTOR - 1) * 100, periodSeconds: seconds(SCALE_TIMING.upMs) },
        { type: 'Pods', value: UP_STEP, periodSeconds: seconds(SCALE_TIMING.upMs) },
      ],
    },
    scaleDown: {
      stabilizationWindowSeconds: seconds(SCALE_TIMING.windowMs),
      selectPolicy: 'Max',
      policies: [
        { type: 'Percent', value: DOWN_SHARE * 100, periodSeconds: seconds(SCALE_TIMING.downMs) },
        { type: 'Pods', value: 1, periodSeconds: seconds(SCALE_TIMING.downMs) },
      ],
    },
  })
})

test('what a cluster does not measure itself scales nothing', () => {
  const scaled = (scale: object): boolean =>
    isAutoscaled(kubernetesRelease({ api: { start: 'node main.js', routes: ['/'], scale } }).config.services['api']!)
  assert.equal(scaled({ min: 2, max: 8, rate: '100/s' }), false)
  assert.equal(scaled({ min: 2, max: 8, rate: '100/s', cpu: '70%' }), true)
  assert.equal(scaled({ min: 2, max: 2, cpu: '70%' }), false)
  assert.equal(of({ scale: { min: 2, max: 8 } }), null)
})

test('an older cluster is spoken to in the version that it has', () => {
  const release = kubernetesRelease({ api: { start: 'node main.js', scale: { min: 1, max: 2, cpu: '50%' } } })
  const { apiVersion } = autoscalerOf(release, 'api', { cluster: OLD_CLUSTER })!
  assert.equal(apiVersion, 'autoscaling/v2beta2')
})
