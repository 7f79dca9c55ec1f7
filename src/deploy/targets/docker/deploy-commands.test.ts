import assert from 'node:assert/strict'
import { test } from 'node:test'
import { dockerRelease } from '../../../../test/support/docker-release.ts'
import { makePlan } from '../../plan.ts'
import { showCommand } from '../command.ts'
import { BASES } from './base.ts'
import { deployCommands } from './deploy-commands.ts'

const options = { host: null, place: { app: 'shop', environment: 'staging' }, bases: BASES, own: new Set<string>() }
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
    commands.map(({ argv }) => argv.slice(1, 3).join(' ')),
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
  assert.ok(deployCommands(prepared, options).every(({ argv }) => argv[1] !== 'build'))
  const warm = makePlan({ ...planned, prepared: [], nextIsWarm: true })
  assert.deepEqual(deployCommands(warm, options), [])
})
