import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { dockerRelease } from '../../../../test/support/docker-release.ts'
import type { InstanceState } from '../../release.ts'
import { containerOf, type Container } from './container.ts'
import { observed, type Observed } from './observe.ts'
import { startCommands, type StartInput } from './start-commands.ts'

const PLACE = { app: 'shop', environment: 'staging' }
const SERVICE = {
  start: 'node main.js',
  routes: ['/'],
  secrets: ['JWT_KEY'],
  writable: ['data'],
  uses: { bank: 'required' },
}
const release = dockerRelease({ api: SERVICE }, { needs: { bank: { kind: 'http', url: 'BANK_URL' } } })
const wanted = [1, 2].map((number) => containerOf(release, 'api', number, 'image'))
const NETWORKS = ['seaworthy_shop_staging_inside', 'seaworthy_shop_staging_outward']
const [SECRETS, DATA] = ['seaworthy_shop_staging_api_7-3fa9c1d2_secrets', 'seaworthy_shop_staging_api_data_3a6eb079']
const recorded = readFileSync(join(import.meta.dirname, '../../../../test/fixtures/docker/inspect.json'), 'utf8')

/** The verb and the last word of each command: which words it has besides is compared in commands.test.ts. */
function steps(
  there: Partial<StartInput['there']>,
  values: Record<string, string> = { JWT_KEY: 'geheim' },
): readonly string[] {
  const input = { host: null, place: PLACE, wanted, values, there: { containers: [], networks: [], ...there } }
  return startCommands(input).map(({ argv }) => {
    const verbs = argv.slice(1, argv[1] === 'network' || argv[1] === 'volume' ? 3 : 2)
    const name = argv.includes('--name') ? argv[argv.indexOf('--name') + 1]! : argv.at(-1)!
    return [...verbs, name].join(' ')
  })
}

function seen({ instance }: Container, state: InstanceState): Observed {
  const [one] = observed(recorded)
  return { ...one!, instance: { ...one!.instance, id: instance, state } }
}

const [one, two] = wanted as [Container, Container]

test('at first: networks, volumes, secrets, containers, and only then is anything started', () => {
  assert.deepEqual(steps({}), [
    `network create ${NETWORKS[0]}`,
    `network create ${NETWORKS[1]}`,
    `volume create ${SECRETS}`,
    `volume create ${DATA}`,
    `rm ${SECRETS}_carrier`,
    `create ${SECRETS}_carrier`,
    `cp ${SECRETS}_carrier:/run/secrets`,
    `rm ${SECRETS}_carrier`,
    `create ${one.name}`,
    `network connect ${one.name}`,
    `create ${two.name}`,
    `network connect ${two.name}`,
    `start ${one.name}`,
    `start ${two.name}`,
  ])
})

test('what is there is left alone, however it is', () => {
  for (const state of ['running', 'restarting', 'crash-loop', 'stopping'] as const)
    assert.deepEqual(steps({ containers: wanted.map((each) => seen(each, state)), networks: NETWORKS }), [])
})

test('one that was made and never ran is made again; one that was stopped is started', () => {
  const containers = [seen(one, 'starting'), seen(two, 'stopped')]
  assert.deepEqual(steps({ containers, networks: NETWORKS }, {}), [
    `rm ${one.name}`,
    `volume create ${SECRETS}`,
    `volume create ${DATA}`,
    `create ${one.name}`,
    `network connect ${one.name}`,
    `start ${one.name}`,
    `start ${two.name}`,
  ])
})

test("a secret is its user's alone; in an image of somebody else, whose user is not known, its container's", () => {
  const image = `registry.example.com/api@sha256:${'a'.repeat(64)}`
  const modeIn = (service: object): string => {
    const container = containerOf(
      dockerRelease({ api: { routes: ['/'], secrets: ['JWT_KEY'], ...service } }),
      'api',
      1,
      image,
    )
    const there = { containers: [], networks: [] }
    const input = { host: null, place: PLACE, wanted: [container], values: { JWT_KEY: 'geheim' }, there }
    const archive = startCommands(input).find(({ stdin }) => stdin !== undefined)!.stdin!
    return Buffer.from(archive).toString('latin1', 100, 107)
  }
  assert.equal(modeIn({ start: 'node main.js' }), '0000400')
  assert.equal(modeIn({ image }), '0000444')
})
