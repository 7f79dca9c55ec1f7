import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CLUSTER, kubernetesRelease } from '../../../../test/support/kubernetes-release.ts'
import { deploymentOf } from './deployment.ts'
import { releaseSelector } from './names.ts'
import { instancePod } from './pod.ts'
import { serviceOf } from './service.ts'

const release = kubernetesRelease({ api: { start: 'node main.js', routes: ['/'], health: { deadline: '90s' } } })
const input = { release, service: 'api', image: 'seaworthy/shop/api:1', cluster: CLUSTER }
const selector = releaseSelector(release, 'api')

test('a Deployment for each service and release', () => {
  const { metadata, spec, ...rest } = deploymentOf(input, { instances: 2, replicas: 2 })
  assert.deepEqual(rest, { apiVersion: 'apps/v1', kind: 'Deployment' })
  assert.equal(metadata.name, 'shop-production-api-7-3fa9c1d2')
  assert.deepEqual(metadata.annotations, { 'seaworthy.instances': '2' })
  assert.deepEqual(spec, {
    replicas: 2,
    selector: { matchLabels: selector },
    strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
    progressDeadlineSeconds: 210,
    revisionHistoryLimit: 1,
    template: instancePod(input),
  })
  const { labels } = instancePod(input).metadata
  assert.deepEqual({ ...labels, ...selector }, labels)
})

test('beside an autoscaler nobody says how many', () => {
  assert.ok(!('replicas' in (deploymentOf(input, { instances: 2, replicas: null })['spec'] as object)))
})

test('its Service finds those pods and no others, by the port that they name', () => {
  const { metadata, spec } = serviceOf(release, 'api')
  assert.equal(metadata.name, 'shop-production-api-7-3fa9c1d2')
  assert.deepEqual(spec, {
    type: 'ClusterIP',
    selector,
    ports: [{ name: 'main', port: 8080, targetPort: 'main', protocol: 'TCP' }],
  })
})
