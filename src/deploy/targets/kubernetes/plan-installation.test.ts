import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CLUSTER } from '../../../../test/support/kubernetes-release.ts'
import { installationObjects, type InstallationInput } from './installation.ts'
import type { Command } from '../command.ts'
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
  stateBytes: 2 ** 30,
  key: Buffer.alloc(32, 'k'),
  gateways: 2,
  cluster: CLUSTER,
}

function writtenOn(input: InstallationInput, kind: 'StatefulSet' | 'Deployment'): string {
  const { control, gateway } = installationObjects(input)
  return [...control, ...gateway].find((one) => one.kind === kind)!.metadata.annotations!['seaworthy.installation']!
}

function there(more: Partial<InstallationInput> = {}): InstallationThere {
  const input = { ...WANTED, ...more }
  const { image } = input
  const own = { image, installation: writtenOn(input, 'StatefulSet'), isRunning: true, isCurrent: true }
  const installation = writtenOn(input, 'Deployment')
  return { own, gateway: { image, installation, pods: 2, ready: 2, isCurrent: true }, hasVolume: true }
}

const NOTHING: InstallationThere = { own: null, gateway: null, hasVolume: false }

const plan = (seen: InstallationThere) => planInstallation(ACCESS, WANTED, seen, (name) => name === WANTED.image)
const wordsOf = (commands: readonly Command[]): readonly string[] => commands.map(({ argv }) => argv.slice(5).join(' '))
const kindsIn = ({ stdin }: Command): readonly string[] =>
  (JSON.parse(Buffer.from(stdin!).toString()) as { items: readonly { kind: string }[] }).items.map(({ kind }) => kind)

test('where nothing is it is made: the key, then all the rest, whose objects are not among the words', () => {
  const { kind, because, steps, commands, interrupts } = plan(NOTHING)
  assert.deepEqual([kind, because, interrupts], ['make', ['there is no shop-production-control yet'], false])
  assert.deepEqual(wordsOf(commands), [
    'create --filename -',
    'apply --server-side --field-manager=seaworthy --filename -',
  ])
  assert.deepEqual(
    steps.map(({ untilReady }) => untilReady),
    [['control', 'gateway']],
  )
  const [key, all] = commands as [Command, Command]
  assert.equal(key.forgives, '(AlreadyExists)')
  const secret = JSON.parse(Buffer.from(key.stdin!).toString()) as { data: { key: string } }
  assert.deepEqual(Buffer.from(secret.data.key, 'base64'), WANTED.key)
  assert.ok(kindsIn(all).includes('StatefulSet') && kindsIn(all).includes('Deployment'))
})

test('what was stopped is started: its volume tells', () => {
  assert.equal(plan({ ...NOTHING, hasVolume: true }).kind, 'start')
})

test('what is there as it should be is left alone', () => {
  assert.deepEqual(plan(there()), { kind: 'nothing', because: [], steps: [], commands: [], interrupts: false })
})

test('what differs is replaced, control before the gateway, and each difference has a sentence', () => {
  const { kind, because, steps, interrupts } = plan(
    there({ image: 'seaworthy:1-a', http: 8080, https: 443, gateways: 3 }),
  )
  assert.deepEqual([kind, interrupts], ['replace', false])
  assert.deepEqual(because, [
    'the image is seaworthy:2-b, and it runs seaworthy:1-a',
    'http was 8080, and is to be 80',
    'https was 443, and is to be not set',
    'gateways was 3, and is to be 2',
  ])
  assert.deepEqual(
    steps.map(({ untilReady }) => untilReady),
    [['control'], ['gateway']],
  )
  const [first, second] = steps.map(({ commands }) => commands.at(-1)!) as [Command, Command]
  assert.ok(kindsIn(first).includes('StatefulSet') && !kindsIn(first).includes('Deployment'))
  assert.ok(kindsIn(second).includes('Deployment') && !kindsIn(second).includes('StatefulSet'))
  const { own } = there()
  assert.equal(plan({ ...there(), own: { ...own!, installation: 'no JSON' } }).kind, 'replace')
})

test('one that was left halfway is gone on with: the gateway is of before, or not there at all', () => {
  const whole = there()
  const behind = plan({ ...whole, gateway: { ...whole.gateway!, image: 'seaworthy:1-a' } })
  assert.deepEqual(behind.because, ['the image is seaworthy:2-b, and it runs seaworthy:1-a'])
  assert.deepEqual(plan({ ...whole, gateway: null }).because, ['there is no shop-production-gateway'])
})

test('the shape of before, with the gateway in the pod of control, is replaced, and that interrupts', () => {
  const { own } = there()
  const before = { http: 80, https: null, reach: 'inside', url: 'http://shop', workers: 2, drain: '30 s' }
  const seen = { own: { ...own!, installation: JSON.stringify(before) }, gateway: null, hasVolume: true }
  const { kind, because, interrupts, commands } = plan(seen)
  assert.deepEqual([kind, interrupts], ['replace', true])
  assert.deepEqual(because, ['the gateway is in the pod of control, and is to have pods of its own'])
  assert.equal(wordsOf(commands).at(-1), 'delete networkpolicies shop-production-front --ignore-not-found')
})
