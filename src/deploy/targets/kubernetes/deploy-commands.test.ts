import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CLUSTER, kubernetesRelease } from '../../../../test/support/kubernetes-release.ts'
import { makePlan } from '../../plan.ts'
import { showCommand } from '../command.ts'
import { BASES } from '../docker/base.ts'
import { outlineOf } from './deploy-commands.ts'

const options = {
  access: { context: 'prod', namespace: 'shop' },
  place: { app: 'shop', environment: 'production' },
  cluster: CLUSTER,
  bases: BASES,
  own: new Set<string>(),
  there: [],
}
const service = { start: 'node api.js', routes: ['/'], secrets: ['KEY'], scale: { min: 2 } }
const release = kubernetesRelease({ api: service })
const world = { live: null, warm: null, sequence: 6 }
const planned = { kind: 'deploy', world, live: null, next: release, nextIsWarm: false, migrates: [] } as const

test('a first release: its image, then all that it consists of by one command', () => {
  const { commands, created, removed } = outlineOf(makePlan({ ...planned, prepared: [] }), options)
  assert.deepEqual(
    commands.map(({ argv }) => argv.filter((word) => ['docker', 'kubectl', 'build', 'apply'].includes(word)).join(' ')),
    ['docker build', 'kubectl apply'],
  )
  const name = 'shop-production-api-7-3fa9c1d2'
  assert.deepEqual(
    created,
    ['ConfigMap', 'Secret', 'Service', 'NetworkPolicy', 'Deployment', 'PodDisruptionBudget'].map(
      (kind) => `${kind} ${name}`,
    ),
  )
  assert.deepEqual(removed, [])
  assert.match(showCommand(commands[1]!), / --filename - < …$/)
})

test('what is on the engine is not built again, and what is warm takes no command at all', () => {
  const prepared = makePlan({ ...planned, prepared: [release.artifacts['api']!] })
  assert.ok(outlineOf(prepared, options).commands.every(({ argv }) => argv[0] === 'kubectl'))
  const warm = makePlan({ ...planned, prepared: [], nextIsWarm: true })
  assert.deepEqual(outlineOf(warm, options), { commands: [], created: [], removed: [] })
})

test('a release that has been warm goes, service by service, as far as it is there; its secrets by name', () => {
  const live = kubernetesRelease({ api: service }, { id: '6-aaaaaaaa' })
  const plan = makePlan({
    ...planned,
    live,
    world: { live: live.id, warm: '5-bbbbbbbb', sequence: 6 },
    prepared: [release.artifacts['api']!],
  })
  const there = [
    { service: 'api', release: live.id },
    { service: 'api', release: '5-bbbbbbbb' },
    { service: 'old', release: '5-bbbbbbbb' },
  ]
  const { commands, removed } = outlineOf(plan, { ...options, there })
  assert.deepEqual(removed, ['shop-production-api-5-bbbbbbbb', 'shop-production-old-5-bbbbbbbb'])
  assert.deepEqual(
    commands
      .slice(1)
      .map(({ argv }) => argv.filter((word) => /^(?:delete|secrets|seaworthy\.app=.*)$/.test(word)).join(' ')),
    [
      ...['api', 'old'].map(
        (name) =>
          `delete seaworthy.app=shop,seaworthy.environment=production,seaworthy.service=${name},seaworthy.release=5-bbbbbbbb`,
      ),
      'delete secrets',
    ],
  )
})

test('a service that makes room is stopped before the next one is put in place, and goes when that is live', () => {
  const environment = { strategy: 'recreate' }
  const live = kubernetesRelease({ api: service }, { id: '6-aaaaaaaa', environment })
  const plan = makePlan({
    ...planned,
    live,
    next: kubernetesRelease({ api: service }, { environment }),
    world: { live: live.id, warm: null, sequence: 6 },
    prepared: [release.artifacts['api']!],
  })
  const { commands, removed } = outlineOf(plan, { ...options, there: [{ service: 'api', release: live.id }] })
  const of = 'seaworthy.app=shop,seaworthy.environment=production,seaworthy.service=api,seaworthy.release=6-aaaaaaaa'
  const kinds = 'horizontalpodautoscalers,deployments'
  const words = ['delete', kinds, '--selector', of, '--ignore-not-found', '--wait=false']
  assert.deepEqual(commands[0]!.argv.slice(5), words)
  assert.deepEqual(
    commands.map(({ argv }) => argv[5]),
    ['delete', 'apply', 'delete', 'delete'],
  )
  assert.deepEqual(removed, ['shop-production-api-6-aaaaaaaa'])
})
