import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CLUSTER, kubernetesRelease } from '../../../../test/support/kubernetes-release.ts'
import { deployedIn, instancesToBegin, type Deployed } from './deployed.ts'
import { deploymentOf } from './deployment.ts'

const SERVICES = {
  api: { start: 'node main.js', routes: ['/'], scale: { min: 2, max: 6, cpu: '70%' } },
  web: { start: 'node web.js', routes: ['/web'], scale: { min: 3, max: 9, rate: '100/s' } },
}
const release = kubernetesRelease(SERVICES)
const made = (service: string, instances: number, replicas: number | null) =>
  deploymentOf({ release, service, image: 'i:1', cluster: CLUSTER }, { instances, replicas })

test('what a Deployment is to have is read back as it was written', () => {
  const autoscaled = made('api', 4, null)
  const scaled = { ...autoscaled, spec: { ...(autoscaled['spec'] as object), replicas: 5 } }
  const foreign = { metadata: { name: 'x', labels: { app: 'x' } }, spec: { replicas: 9 } }
  assert.deepEqual(deployedIn(JSON.stringify({ items: [autoscaled, scaled, made('web', 3, 3), foreign] })), [
    // Before its autoscaler has looked.
    { service: 'api', release: release.id, replicas: 1, instances: 4 },
    { service: 'api', release: release.id, replicas: 5, instances: 4 },
    { service: 'web', release: release.id, replicas: 3, instances: 3 },
  ])
  assert.throws(() => deployedIn('The connection to the server was refused'))
})

test('a release begins with what the one before has by now, within its own bounds; without an autoscaler with what is asked', () => {
  const others = (replicas: number): readonly Deployed[] => [
    { service: 'api', release: '6-aaaaaaaa', replicas: 1, instances: 1 },
    { service: 'api', release: '5-aaaaaaaa', replicas, instances: 2 },
  ]
  const { api, web } = release.config.services
  assert.equal(instancesToBegin(api!, 2, []), 2)
  assert.equal(instancesToBegin(api!, 2, others(5)), 5)
  assert.equal(instancesToBegin(api!, 2, others(9)), 6)
  assert.equal(instancesToBegin(web!, 3, others(9)), 3)
})
