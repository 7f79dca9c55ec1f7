import assert from 'node:assert/strict'
import { test } from 'node:test'
import { installationObjects, type InstallationInput } from './installation.ts'
import { planInstallation, type InstallationThere } from './plan-installation.ts'

const ACCESS = { context: 'prod', namespace: 'shop' }
const WANTED: InstallationInput = {
  place: { app: 'shop', environment: 'production' },
  image: 'seaworthy:2-b',
  workers: 2,
  http: 80,
  https: null,
  reach: 'inside',
  url: 'http://shop',
  drainMs: 30_000,
  stateBytes: 2 ** 30,
}

function writtenOn(input: InstallationInput): string {
  const set = installationObjects(input).find(({ kind }) => kind === 'StatefulSet')!
  return set.metadata.annotations!['seaworthy.installation']!
}

function there(more: Partial<InstallationInput> = {}): InstallationThere {
  const input = { ...WANTED, ...more }
  const own = { image: input.image, installation: writtenOn(input), isRunning: true, isCurrent: true }
  return { own, hasVolume: true }
}

const plan = (seen: InstallationThere) => planInstallation(ACCESS, WANTED, seen, (name) => name === WANTED.image)

test('where nothing is it is made, by one command whose objects are not among its words', () => {
  const { kind, because, commands } = plan({ own: null, hasVolume: false })
  assert.deepEqual([kind, because], ['make', ['there is no shop-production-control yet']])
  assert.deepEqual(
    commands.map(({ argv }) => argv.join(' ')),
    ['kubectl --context prod --namespace shop apply --server-side --field-manager=seaworthy --filename -'],
  )
})

test('what was stopped is started: its volume tells', () => {
  assert.equal(plan({ own: null, hasVolume: true }).kind, 'start')
})

test('what is there as it should be is left alone', () => {
  assert.deepEqual(plan(there()), { kind: 'nothing', because: [], commands: [] })
})

test('what differs is replaced, and each difference has a sentence', () => {
  const { kind, because, commands } = plan(there({ image: 'seaworthy:1-a', http: 8080, https: 443, drainMs: 5_000 }))
  assert.equal(kind, 'replace')
  assert.deepEqual(because, [
    'the image is seaworthy:2-b, and it runs seaworthy:1-a',
    'http was 8080, and is to be 80',
    'https was 443, and is to be not set',
    'drain was "5 s", and is to be "30 s"',
  ])
  assert.equal(commands.length, 1)
  const { own } = there()
  assert.equal(plan({ own: { ...own!, installation: 'no JSON' }, hasVolume: true }).kind, 'replace')
})
