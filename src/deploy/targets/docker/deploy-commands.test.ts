import assert from 'node:assert/strict'
import { test } from 'node:test'
import { dockerRelease } from '../../../../test/support/docker-release.ts'
import { makePlan } from '../../plan.ts'
import { showCommand } from '../command.ts'
import { BASES } from './base.ts'
import { deployCommands } from './deploy-commands.ts'
import { imageOf } from './image-of.ts'
import type { ThroughRegistry } from './through-registry.ts'

const options = {
  host: 'ssh://deploy@shop.example.com',
  place: { app: 'shop', environment: 'staging' },
  bases: BASES,
  own: new Set<string>(),
  registry: null,
  scaled: {},
  references: new Map<string, string>(),
}
const release = dockerRelease({
  api: {
    start: 'node api.js',
    build: 'npm ci',
    env: { LEVEL: 'high' },
    routes: ['/'],
    secrets: ['KEY'],
    scale: { min: 2 },
  },
})
const world = { live: null, warm: null, sequence: 6 }
const planned = { kind: 'deploy', world, live: null, next: release, nextIsWarm: false, migrates: [] } as const

test('a first release: its image, its volume, its two containers', () => {
  const commands = deployCommands(makePlan({ ...planned, prepared: [] }), options)
  assert.deepEqual(
    commands.map(({ argv }) => argv.slice(3, 5).join(' ')),
    [
      ['build --tag', 'volume create', 'rm --force', 'create --pull', 'cp -', 'rm --force'],
      ['create --pull', 'create --pull', 'start seaworthy_shop_staging_api-7-3fa9c1d2-1'],
      ['start seaworthy_shop_staging_api-7-3fa9c1d2-2'],
    ].flat(),
  )
  const [build] = commands
  assert.deepEqual(build!.argv.slice(-3), ['--build-arg', 'LEVEL=high', 'CONTEXT'])
  // What is read is never shown, and there is no value in any case.
  assert.match(showCommand(commands[4]!), / < …$/)
})

test('what is on the engine is not built again, and what is warm takes no command at all', () => {
  const prepared = makePlan({ ...planned, prepared: [release.artifacts['api']!] })
  assert.ok(deployCommands(prepared, options).every(({ argv }) => argv[3] !== 'build'))
  const warm = makePlan({ ...planned, prepared: [], nextIsWarm: true })
  assert.deepEqual(deployCommands(warm, options), [])
})

const REGISTRY = 'registry.example.com/team'
const registry: ThroughRegistry = {
  name: REGISTRY,
  images: { host: null, run: { env: {} }, projectFolder: '/app', keptOut: [], bases: BASES },
  haveOwn: () => Promise.resolve(),
}

test('through a registry: made and pushed where docker is, fetched by digest and named where it runs', () => {
  const name = imageOf(release, 'api', BASES)
  const there = `${REGISTRY}/${name.replace('seaworthy/shop/api', 'shop-api')}`
  const commands = deployCommands(makePlan({ ...planned, prepared: [] }), { ...options, registry })
  const [build, tag, push, pull, label] = commands.map(({ argv }) => argv)
  assert.deepEqual(build!.slice(0, 4), ['docker', 'build', '--tag', name])
  assert.deepEqual(tag, ['docker', 'tag', name, there])
  assert.deepEqual(push, ['docker', 'push', there])
  const toHost = ['docker', '--host', options.host]
  assert.deepEqual(pull, [...toHost, 'pull', '--quiet', `${REGISTRY}/shop-api@DIGEST`])
  assert.deepEqual(label, [...toHost, 'tag', `${REGISTRY}/shop-api@DIGEST`, name])
  const created = commands.map(({ argv }) => argv).filter((argv) => argv.includes('--restart'))
  assert.equal(created.length, 2)
  assert.ok(created.every((argv) => argv.includes(`${REGISTRY}/shop-api@DIGEST`)))
})

test('what has come through the registry before is started by the digest that it has', () => {
  const reference = `${REGISTRY}/shop-api@sha256:${'a'.repeat(64)}`
  const prepared = makePlan({ ...planned, prepared: [release.artifacts['api']!] })
  const commands = deployCommands(prepared, { ...options, registry, references: new Map([['api', reference]]) })
  assert.ok(commands.every(({ argv }) => !['build', 'push', 'pull', 'tag'].includes(argv[3]!) && argv[1] !== 'build'))
  assert.equal(commands.filter(({ argv }) => argv.includes('--restart') && argv.includes(reference)).length, 2)
})
