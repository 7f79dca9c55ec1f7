import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CLUSTER, kubernetesRelease, OLD_CLUSTER } from '../../../../test/support/kubernetes-release.ts'
import { budgetOf } from './disruption-budget.ts'
import { releaseSelector } from './names.ts'

function of(scale: object, cluster = CLUSTER): ReturnType<typeof budgetOf> {
  return budgetOf(kubernetesRelease({ api: { start: 'node main.js', routes: ['/'], scale } }), 'api', cluster)
}

test('one pod at a time may be taken away', () => {
  const release = kubernetesRelease({ api: { start: 'node main.js', routes: ['/'] } })
  const selector = { matchLabels: releaseSelector(release, 'api') }
  const { metadata, ...rest } = of({ min: 2 })!
  assert.equal(metadata.name, 'shop-production-api-7-3fa9c1d2')
  assert.deepEqual(rest, {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    spec: { maxUnavailable: 1, selector, unhealthyPodEvictionPolicy: 'AlwaysAllow' },
  })
  const old = of({ min: 2 }, OLD_CLUSTER)!
  assert.equal(old.apiVersion, 'policy/v1beta1')
  assert.deepEqual(old['spec'], { maxUnavailable: 1, selector })
})

test('a service that may have a single pod has no budget: its node could never be emptied', () => {
  assert.equal(of({ min: 1, max: 4, cpu: '70%' }), null)
  assert.equal(of({}), null)
})
