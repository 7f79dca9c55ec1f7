import assert from 'node:assert/strict'
import { test } from 'node:test'
import { showCommand } from '../command.ts'
import { ownIn, planInstallation, type Installation, type InstallationThere, type OwnThere } from './installation.ts'

const PLACE = { app: 'shop', environment: 'staging' }
const HOST = 'ssh://deploy@staging.example.com'
const ENVIRONMENT = { app: 'shop', environment: 'staging', target: 'docker', host: '0.0.0.0', http: 8080, workers: 2 }
const WANTED: Installation = {
  place: PLACE,
  image: 'seaworthy:1.0.0',
  imageId: 'sha256:aa',
  isPublic: false,
  ports: [8080],
  environment: ENVIRONMENT,
}
const NOTHING: InstallationThere = { networks: [], volumes: [], imageId: null, own: null }
const LABEL = JSON.stringify({ publish: ['127.0.0.1:8080:8080'], environment: ENVIRONMENT })
const OWN: OwnThere = {
  id: 'c0ffee',
  isRunning: true,
  isHalfMade: false,
  image: 'seaworthy:1.0.0',
  imageId: 'sha256:aa',
  networks: ['seaworthy_shop_staging_front', 'seaworthy_shop_staging_inside'],
  installation: LABEL,
}
const WHOLE: InstallationThere = {
  networks: ['seaworthy_shop_staging_inside', 'seaworthy_shop_staging_front'],
  volumes: ['seaworthy_shop_staging_state'],
  imageId: 'sha256:aa',
  own: OWN,
}
const LABELS = ['--label', 'seaworthy.app=shop', '--label', 'seaworthy.environment=staging']
const NAME = 'seaworthy_shop_staging_seaworthy'
const STATE = 'type=volume,source=seaworthy_shop_staging_state,target=/var/lib/seaworthy'

const argvOf = (plan: ReturnType<typeof planInstallation>): readonly (readonly string[])[] =>
  plan.commands.map(({ argv }) => argv)

/** The words after the engine's address. */
const wordsOf = (plan: ReturnType<typeof planInstallation>): readonly string[] =>
  argvOf(plan).map((argv) => argv.slice(3).join(' '))

test('where nothing is: every word of every command', () => {
  const plan = planInstallation(HOST, WANTED, NOTHING)
  assert.equal(plan.kind, 'make')
  const carrier = 'seaworthy_shop_staging_state_carrier'
  const on = ['docker', '--host', HOST]
  assert.deepEqual(argvOf(plan), [
    [...on, 'network', 'create', '--driver', 'bridge', ...LABELS, 'seaworthy_shop_staging_front'],
    [...on, 'network', 'create', '--driver', 'bridge', '--internal', ...LABELS, 'seaworthy_shop_staging_inside'],
    [...on, 'volume', 'create', ...LABELS, 'seaworthy_shop_staging_state'],
    [...on, 'rm', '--force', '--volumes', carrier],
    [
      [...on, 'create', '--pull', 'never', '--name', carrier, ...LABELS],
      ['--network', 'none', '--mount', STATE, 'seaworthy:1.0.0', 'carrier'],
    ].flat(),
    [...on, 'cp', '-', `${carrier}:/var/lib/seaworthy`],
    [...on, 'rm', '--force', '--volumes', carrier],
    [
      [...on, 'create', '--pull', 'never', '--name', NAME, ...LABELS, '--label', `seaworthy.installation=${LABEL}`],
      ['--network', 'seaworthy_shop_staging_front', '--publish', '127.0.0.1:8080:8080'],
      ['--restart', 'unless-stopped', '--init', '--stop-timeout', '90'],
      ['--read-only', '--tmpfs', '/tmp:rw,noexec,nosuid,nodev,size=64m,mode=1777'],
      ['--cap-drop', 'ALL', '--security-opt', 'no-new-privileges:true', '--pids-limit', '512'],
      ['--log-driver', 'local', '--log-opt', 'max-size=10m', '--log-opt', 'max-file=5'],
      ['--mount', STATE, 'seaworthy:1.0.0'],
    ].flat(),
    [...on, 'network', 'connect', 'seaworthy_shop_staging_inside', NAME],
    [...on, 'start', NAME],
  ])
  // The one file that travels: whose user it is, and what is in it.
  const { stdin } = plan.commands.find(({ argv }) => argv.includes('cp'))!
  const tar = Buffer.from(stdin!)
  assert.equal(tar.toString('utf8', 0, 16), 'environment.json')
  assert.equal(tar.toString('latin1', 100, 115), '0000600\x000177774')
  const size = Number.parseInt(tar.toString('latin1', 124, 135), 8)
  assert.deepEqual(JSON.parse(tar.toString('utf8', 512, 512 + size)), ENVIRONMENT)
  assert.ok(plan.commands.every((command) => !showCommand(command).includes('docker.sock')))
})

test('made again it changes nothing', () => {
  assert.deepEqual(planInstallation(HOST, WANTED, WHOLE), { kind: 'nothing', because: [], commands: [] })
  // Whoever has not worked the image out takes the one that has the name.
  assert.equal(planInstallation(HOST, { ...WANTED, imageId: null }, { ...WHOLE, imageId: 'sha256:bb' }).kind, 'nothing')
})

test('what was stopped is started, and what was lost of its networks made again', () => {
  const stopped = planInstallation(HOST, WANTED, { ...WHOLE, own: { ...OWN, isRunning: false } })
  assert.deepEqual([stopped.kind, wordsOf(stopped)], ['start', [`start ${NAME}`]])
  const alone = planInstallation(HOST, WANTED, { ...WHOLE, own: { ...OWN, networks: OWN.networks.slice(0, 1) } })
  assert.deepEqual(wordsOf(alone), [`network connect seaworthy_shop_staging_inside ${NAME}`])
})

test('what was made and never started is made again: its maker was killed', () => {
  const own = { ...OWN, isRunning: false, isHalfMade: true, networks: [] }
  const plan = planInstallation(HOST, WANTED, { ...WHOLE, own })
  assert.equal(plan.kind, 'make')
  assert.deepEqual(
    wordsOf(plan).map((text) => text.split(' ')[0]),
    ['rm', 'rm', 'create', 'cp', 'rm', 'create', 'network', 'start'],
  )
  assert.equal(wordsOf(plan)[0], 'rm --force --volumes c0ffee')
})

test('another port, another image, other facts: it is replaced, and the plan says why', () => {
  const cases = [
    [
      { ports: [9090, 9443], isPublic: true },
      ['it publishes 127.0.0.1:8080:8080, and is to publish 9090:9090, 9443:9443'],
    ],
    [{ image: 'seaworthy:1.1.0' }, ['the image is seaworthy:1.1.0, and it runs seaworthy:1.0.0']],
    [{ imageId: 'sha256:bb' }, ['the image is another seaworthy:1.0.0']],
    [{ environment: { ...ENVIRONMENT, workers: 4 } }, ['workers was 2, and is to be 4']],
  ] as const
  for (const [change, because] of cases) {
    const plan = planInstallation(HOST, { ...WANTED, ...change }, WHOLE)
    assert.deepEqual([plan.kind, plan.because], ['replace', because])
    assert.deepEqual(wordsOf(plan).slice(0, 2), [`stop ${NAME}`, 'rm --force --volumes c0ffee'])
    assert.ok(wordsOf(plan).every((text) => !text.startsWith('volume')))
  }
})

test('a label that nobody can read is another installation, and no crash', () => {
  const plan = planInstallation(HOST, WANTED, { ...WHOLE, own: { ...OWN, installation: 'x' } })
  assert.equal(plan.kind, 'replace')
  assert.equal(plan.because[0], 'it publishes nothing, and is to publish 127.0.0.1:8080:8080')
})

test('a container is read from what the engine shows', () => {
  const inspected = {
    Id: 'c0ffee',
    Image: 'sha256:aa',
    Config: {
      Image: 'seaworthy:1.0.0',
      Labels: { 'seaworthy.app': 'shop', 'seaworthy.environment': 'staging', 'seaworthy.installation': LABEL },
    },
    State: { Status: 'running', Running: true, ExitCode: 0 },
    NetworkSettings: { Networks: { seaworthy_shop_staging_front: {}, seaworthy_shop_staging_inside: {} } },
  }
  assert.deepEqual(ownIn(JSON.stringify([inspected]), PLACE), OWN)
  assert.equal(ownIn('[]', PLACE), null)
  const couldNot = { Status: 'created', Running: false, ExitCode: 128 }
  assert.equal(ownIn(JSON.stringify([{ ...inspected, State: couldNot }]), PLACE)!.isHalfMade, false)
})

test('a container of somebody else that has the name is refused by it', () => {
  const strangers = [
    null,
    { 'seaworthy.app': 'shop' },
    { 'seaworthy.app': 'shop', 'seaworthy.environment': 'production' },
    { 'seaworthy.app': 'other', 'seaworthy.environment': 'staging' },
  ]
  for (const Labels of strangers) {
    const inspected = {
      Id: 'c0ffee',
      Image: 'sha256:aa',
      Config: { Image: 'redis:7', Labels },
      State: { Status: 'running', Running: true, ExitCode: 0 },
      NetworkSettings: { Networks: {} },
    }
    assert.throws(() => ownIn(JSON.stringify([inspected]), PLACE), {
      code: 'target.name-taken',
      message: new RegExp(`^the container ${NAME} `),
    })
  }
})
