import assert from 'node:assert/strict'
import { test } from 'node:test'
import { dockerRelease } from '../../../../test/support/docker-release.ts'
import { showCommand } from '../command.ts'
import {
  bridgeWords,
  buildImage,
  connectNetworks,
  createContainer,
  createNetwork,
  createVolume,
  execIn,
  execWords,
  fillVolume,
  followWords,
  inspectContainers,
  inspectImages,
  listContainers,
  listEnvironments,
  listKeptEnvironments,
  listImages,
  listNetworks,
  loadImage,
  pullImage,
  readArchitecture,
  readDriver,
  readLogs,
  removeContainers,
  removeImages,
  removeNetwork,
  removeVolume,
  restartContainers,
  saveImage,
  startContainer,
  stopContainers,
} from './commands.ts'
import { enterWords } from './dockerfile.ts'
import { containerOf } from './container.ts'

const SSH = 'ssh://deploy@staging.example.com'
const PLACE = { app: 'shop', environment: 'staging' }
const IMAGE = 'seaworthy/shop/api:a1b2c3d4e5f60718-91b0c4d7'

test('a folder for what is made of templates is in memory, and its user alone may look into it', () => {
  const release = dockerRelease({ api: { start: 'node main.js', templates: { a: 'b' } } })
  const { argv } = createContainer(null, containerOf(release, 'api', 1, IMAGE))
  const at = argv.indexOf('/run/instance:rw,noexec,nosuid,nodev,size=64m,uid=65532,gid=65532,mode=0700')
  assert.equal(argv[at - 1], '--tmpfs')
})

test('a container as it is made: every word of it', () => {
  const release = dockerRelease(
    {
      api: {
        start: "node src/main.js 'a b'",
        routes: ['/'],
        health: {
          ready: '/ready',
          expect: { body: 'yes' },
          interval: '2s',
          timeout: '500ms',
          failures: 4,
          deadline: '90s',
        },
        env: { LEVEL: 'x"$y `z`' },
        secrets: ['JWT_KEY'],
        writable: ['data'],
        resources: { cpu: 0.5, memory: '256MiB' },
        grace: '2500ms',
        uses: { bank: 'required' },
      },
    },
    { needs: { bank: { kind: 'http', url: 'BANK_URL' } } },
  )
  const container = containerOf(release, 'api', 1, IMAGE)
  assert.deepEqual(
    createContainer(null, container).argv,
    [
      'docker',
      'create',
      ['--pull', 'never'],
      ['--name', 'seaworthy_shop_staging_api-7-3fa9c1d2-1'],
      ['--label', 'seaworthy.app=shop'],
      ['--label', 'seaworthy.environment=staging'],
      ['--label', 'seaworthy.service=api'],
      ['--label', 'seaworthy.release=7-3fa9c1d2'],
      ['--label', 'seaworthy.instance=api@7-3fa9c1d2-1'],
      ['--label', 'seaworthy.artifact=a1b2c3d4e5f60718'],
      ['--label', 'seaworthy.port=8080'],
      ['--network', 'seaworthy_shop_staging_inside', '--network-alias', 'api-7-3fa9c1d2-1'],
      ['--restart', 'unless-stopped', '--init', '--stop-timeout', '3'],
      ['--read-only', '--tmpfs', '/tmp:rw,noexec,nosuid,nodev,size=64m,mode=1777'],
      ['--cap-drop', 'ALL', '--security-opt', 'no-new-privileges:true'],
      ['--user', '65532:65532'],
      ['--pids-limit', '512', '--cpus', '0.5', '--memory', '268435456', '--memory-swap', '268435456'],
      ['--log-driver', 'local', '--log-opt', 'max-size=10m', '--log-opt', 'max-file=5'],
      ['--mount', 'type=volume,source=seaworthy_shop_staging_api_7-3fa9c1d2_secrets,target=/run/secrets,readonly'],
      ['--mount', 'type=volume,source=seaworthy_shop_staging_api_data_3a6eb079,target=/app/data'],
      ['--health-interval', '2000ms', '--health-timeout', '500ms'],
      ['--health-retries', '4', '--health-start-period', '90000ms'],
      ['--env', 'NODE_ENV=production'],
      ['--env', 'PYTHONUNBUFFERED=1'],
      ['--env', 'LEVEL=x"$y `z`'],
      ['--env', 'HOST=0.0.0.0'],
      ['--env', 'PORT=8080'],
      ['--env', 'RELEASE=7-3fa9c1d2'],
      ['--env', 'INSTANCE=api@7-3fa9c1d2-1'],
      ['--env', 'JWT_KEY_FILE=/run/secrets/JWT_KEY'],
      ['--env', 'BANK_URL_FILE=/run/secrets/BANK_URL'],
      ['--env', 'SEAWORTHY_CHECK={"path":"/ready","status":null,"body":"yes","below":300}'],
      IMAGE,
      ['node', 'src/main.js', 'a b'],
    ].flat(),
  )
  assert.deepEqual(
    connectNetworks(SSH, container).map(({ argv }) => argv),
    [
      [
        ['docker', '--host', SSH, 'network', 'connect', '--alias', 'api-7-3fa9c1d2-1'],
        ['seaworthy_shop_staging_outward', 'seaworthy_shop_staging_api-7-3fa9c1d2-1'],
      ].flat(),
    ],
  )
})

test('a worker without bounds or a check has neither, and everything else all the same', () => {
  const container = containerOf(dockerRelease({ jobs: { start: 'node jobs.js' } }), 'jobs', 1, IMAGE)
  const { argv } = createContainer(SSH, container)
  assert.deepEqual(argv.slice(0, 4), ['docker', '--host', SSH, 'create'])
  assert.ok(argv.includes('--no-healthcheck'))
  for (const flag of ['--cpus', '--memory', '--mount', '--health-interval']) assert.ok(!argv.includes(flag), flag)
  for (const flag of ['--read-only', '--cap-drop', '--security-opt', '--user', '--pids-limit', '--init'])
    assert.ok(argv.includes(flag), flag)
})

test('without an entry of ours the program itself is the entry', () => {
  const release = dockerRelease({ api: { start: '/app/server --port $PORT', routes: ['/'] } })
  const { argv } = createContainer(null, containerOf(release, 'api', 1, IMAGE, true))
  assert.deepEqual(argv.slice(-5), ['--entrypoint', '/app/server', IMAGE, '--port', '8080'])
  assert.ok(!argv.includes('--user') && argv.includes('--no-healthcheck'))
})

test('secrets reach a volume by stdin, through a container that never runs', () => {
  const archive = Buffer.from('geheim')
  const commands = fillVolume(SSH, PLACE, { name: 'v', folder: '/run/secrets', image: IMAGE, archive })
  assert.deepEqual(
    commands.map(({ argv }) => argv),
    [
      ['docker', '--host', SSH, 'rm', '--force', '--volumes', 'v_carrier'],
      [
        ['docker', '--host', SSH, 'create', '--pull', 'never', '--name', 'v_carrier'],
        ['--label', 'seaworthy.app=shop', '--label', 'seaworthy.environment=staging'],
        ['--network', 'none', '--mount', 'type=volume,source=v,target=/run/secrets', IMAGE, 'carrier'],
      ].flat(),
      ['docker', '--host', SSH, 'cp', '-', 'v_carrier:/run/secrets'],
      ['docker', '--host', SSH, 'rm', '--force', '--volumes', 'v_carrier'],
    ],
  )
  assert.equal(commands[2]!.stdin, archive)
  assert.deepEqual(
    commands.map(({ mayFail }) => mayFail === true),
    [true, false, false, false],
  )
  assert.ok(!commands.map(showCommand).join('\n').includes('geheim'))
})

test('the other commands, word by word', () => {
  const image = { name: IMAGE, labels: { 'seaworthy.app': 'shop' }, variables: { LEVEL: 'x y' } }
  const here = (command: { readonly argv: readonly string[] }): readonly string[] => command.argv.slice(1)
  assert.deepEqual(
    here(buildImage(null, '/tmp/context', image)),
    [['build', '--tag', IMAGE, '--label', 'seaworthy.app=shop', '--build-arg', 'LEVEL=x y', '/tmp/context']].flat(),
  )
  const labels = ['--label', 'seaworthy.app=shop', '--label', 'seaworthy.environment=staging']
  assert.deepEqual(here(createVolume(null, 'v', PLACE)), ['volume', 'create', ...labels, 'v'])
  const network = ['network', 'create', '--driver', 'bridge']
  assert.deepEqual(here(createNetwork(null, 'n', PLACE, true)), [...network, '--internal', ...labels, 'n'])
  assert.deepEqual(here(createNetwork(null, 'n', PLACE, false)), [...network, ...labels, 'n'])
  assert.deepEqual(
    here(listNetworks(null, PLACE)),
    [
      ['network', 'ls', '--filter', 'label=seaworthy.app=shop', '--filter', 'label=seaworthy.environment=staging'],
      ['--format', '{{.Name}}'],
    ].flat(),
  )
  assert.deepEqual(here(removeNetwork(null, 'n')), ['network', 'rm', 'n'])
  assert.deepEqual(here(startContainer(null, 'c')), ['start', 'c'])
  assert.deepEqual(here(stopContainers(null, ['c', 'd'], 5_000)), ['stop', 'c', 'd'])
  assert.deepEqual(here(removeContainers(null, ['c', 'd'])), ['rm', '--force', '--volumes', 'c', 'd'])
  assert.deepEqual(here(removeVolume(null, 'v')), ['volume', 'rm', '--force', 'v'])
  assert.deepEqual(
    here(listContainers(null, PLACE)),
    [
      ['ps', '--all', '--no-trunc', '--quiet'],
      ['--filter', 'label=seaworthy.app=shop', '--filter', 'label=seaworthy.environment=staging'],
    ].flat(),
  )
  assert.deepEqual(here(inspectContainers(null, ['a', 'b'])), ['inspect', '--type', 'container', 'a', 'b'])
  assert.deepEqual(here(inspectImages(null, ['a', 'b'])), ['image', 'inspect', 'a', 'b'])
  assert.deepEqual(here(listImages(null)), ['image', 'ls', '--quiet', '--no-trunc'])
  assert.deepEqual(here(pullImage(SSH, 'node:24')), ['--host', SSH, 'pull', '--quiet', 'node:24'])
  assert.deepEqual(here(readDriver(null)), ['info', '--format', '{{json .DriverStatus}}'])
  assert.deepEqual(here(readLogs(null, 'c', 30)), ['logs', '--tail', '30', 'c'])
  assert.deepEqual(here(saveImage(null, IMAGE, '/tmp/i.tar')), ['save', '--output', '/tmp/i.tar', IMAGE])
  assert.deepEqual(here(loadImage(SSH, IMAGE)), ['--host', SSH, 'load', '--quiet'])
})

test('a stop and a restart are given their grace and more', () => {
  assert.ok(stopContainers(null, ['c'], 120_000).timeoutMs > 120_000)
  assert.ok(restartContainers(null, ['c'], 120_000).timeoutMs > 120_000)
})

test('what is seen to, and what is taken away', () => {
  const here = ({ argv }: { readonly argv: readonly string[] }): readonly string[] => argv.slice(1)
  assert.deepEqual(here(restartContainers(null, ['c', 'd'], 5_000)), ['restart', 'c', 'd'])
  assert.deepEqual(here(removeImages(SSH, [IMAGE, 'b:2'])), ['--host', SSH, 'rmi', IMAGE, 'b:2'])
  assert.deepEqual(here(listKeptEnvironments(null, 'shop')), [
    'volume',
    'ls',
    '--filter',
    'label=seaworthy.app=shop',
    '--format',
    '{{.Label "seaworthy.environment"}}',
  ])
  assert.deepEqual(here(listEnvironments(null, 'shop')), [
    'ps',
    '--all',
    '--filter',
    'label=seaworthy.app=shop',
    '--format',
    '{{.Label "seaworthy.environment"}}',
  ])
  assert.deepEqual(here(execIn(null, 'c', ['node', 'check.js'], 1_000)), ['exec', 'c', 'node', 'check.js'])
})

test("somebody's own command and a look at its lines", () => {
  const container = { name: 'c', instance: 'api@7-3fa9c1d2-1', enter: enterWords('node') }
  assert.deepEqual(execWords(null, { ...container, isTerminal: true }, ['node', 'report.js', '--since', '7d']), [
    'docker',
    'exec',
    '--interactive',
    '--tty',
    '--env',
    'INSTANCE=exec api@7-3fa9c1d2',
    'c',
    'node',
    '/seaworthy/enter.mjs',
    'node',
    'report.js',
    '--since',
    '7d',
  ])
  assert.deepEqual(execWords(SSH, { ...container, enter: [], isTerminal: false }, ['true']), [
    'docker',
    '--host',
    SSH,
    'exec',
    '--interactive',
    '--env',
    'INSTANCE=exec api@7-3fa9c1d2',
    'c',
    'true',
  ])
  assert.deepEqual(followWords(null, 'c', 50), ['docker', 'logs', '--follow', '--timestamps', '--tail', '50', 'c'])
})

test('what an engine runs on', () => {
  const words = ['docker', '--host', SSH, 'version', '--format', '{{.Server.Arch}}']
  assert.deepEqual(readArchitecture(SSH).argv, words)
})

test('the way to control: stdin stays open, no terminal, no shell', () => {
  assert.deepEqual(bridgeWords(SSH, 'shop'), [
    'docker',
    '--host',
    SSH,
    'exec',
    '--interactive',
    'shop',
    'node',
    '/seaworthy/bridge',
    '/var/lib/seaworthy',
  ])
})
