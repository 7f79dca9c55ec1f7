import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CLUSTER, kubernetesRelease } from '../../../../test/support/kubernetes-release.ts'
import { makePlan } from '../../plan.ts'
import { showCommand } from '../command.ts'
import { BASES } from '../docker/base.ts'
import { imageOf } from '../docker/image-of.ts'
import type { ThroughRegistry } from '../docker/through-registry.ts'
import { outlineOf } from './deploy-commands.ts'
import { pullSecretOf } from './pull-secret.ts'

const options = {
  access: { context: 'prod', namespace: 'shop' },
  place: { app: 'shop', environment: 'production' },
  cluster: CLUSTER,
  bases: BASES,
  own: new Set<string>(),
  there: [],
  registry: null,
  scaled: {},
  references: new Map<string, string>(),
  pullSecret: null,
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

const REGISTRY = 'registry.example.com/team'
const registry: ThroughRegistry = {
  name: REGISTRY,
  images: { host: null, run: { env: {} }, projectFolder: '/app', keptOut: [], bases: BASES },
  haveOwn: () => Promise.resolve(),
}
const login = { server: 'registry.example.com', user: 'deployer', password: 'geheim' }
const pullSecret = pullSecretOf(options.place, login)
const podIn = ({ stdin }: { readonly stdin?: Uint8Array }): string => Buffer.from(stdin!).toString()

test('through a registry: made, named and pushed, then pods that name the digest and the secret', () => {
  const through = { ...options, registry, pullSecret }
  const { commands, created } = outlineOf(makePlan({ ...planned, prepared: [] }), through)
  const name = imageOf(release, 'api', BASES)
  const there = `${REGISTRY}/${name.replace('seaworthy/shop/api', 'shop-api')}`
  const [secret, build, tag, push, objects] = commands
  assert.deepEqual(secret!.argv.slice(0, 6), ['kubectl', '--context', 'prod', '--namespace', 'shop', 'apply'])
  assert.doesNotMatch(showCommand(secret!), /geheim/)
  assert.deepEqual(build!.argv.slice(0, 4), ['docker', 'build', '--tag', name])
  assert.deepEqual(tag!.argv, ['docker', 'tag', name, there])
  assert.deepEqual(push!.argv, ['docker', 'push', there])
  assert.ok(podIn(objects!).includes(`"image":"${REGISTRY}/shop-api@DIGEST"`))
  assert.ok(podIn(objects!).includes('"imagePullSecrets":[{"name":"shop-production-registry"}]'))
  assert.equal(created[0], 'Secret shop-production-registry')
})

test('what the registry has is neither made nor pushed, and named by its digest', () => {
  const reference = `${REGISTRY}/shop-api@sha256:${'a'.repeat(64)}`
  const through = { ...options, registry, references: new Map([['api', reference]]) }
  const prepared = makePlan({ ...planned, prepared: [release.artifacts['api']!] })
  const { commands, created } = outlineOf(prepared, through)
  assert.equal(commands.length, 1)
  assert.ok(podIn(commands[0]!).includes(`"image":"${reference}"`))
  assert.ok(!created.includes('Secret shop-production-registry'))
})
