import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { plainConfig, processesMentioning, root, TestProject, until } from '../support/project.ts'

const COMMANDS = ['up', 'plan', 'deploy', 'rollback', 'status', 'logs', 'restart', 'stop', 'doctor']
// oxlint-disable-next-line no-control-regex -- what a terminal is told begins with it
const ESCAPE = /\x1b/

void test('every command explains itself with examples', async () => {
  await using project = new TestProject(plainConfig())
  const main = await project.must(['--help'])
  for (const command of COMMANDS) {
    assert.match(main.stdout, new RegExp(`^  ${command} `, 'm'))
    const { stdout } = await project.must([command, '--help'])
    assert.match(stdout, new RegExp(`^Usage: seaworthy ${command} `))
    assert.match(stdout, new RegExp(`Examples?:\n  seaworthy (${command}|plan --out)`))
    assert.match(stdout, /--json/)
  }
  assert.match(main.stdout, /Exit codes: 0 done, 1 failed, 2 usage or config, 3 the world moved/)
  assert.match((await project.must(['--version'])).stdout, /^\d+\.\d+\.\d+\n$/)
})

void test('what cannot be understood ends with 2 and starts nothing', async () => {
  await using project = new TestProject(plainConfig())
  const calls: readonly (readonly [args: readonly string[], says: RegExp])[] = [
    [['launch'], /unknown command 'launch'/],
    [['up', '--quickly'], /unknown option '--quickly'/],
    [['up', 'moon'], /moon/],
    [['deploy', '--resume', '--abort'], /exclude each other/],
    [['logs', '--level', 'loud'], /'loud' is none of trace, debug, info, warn, error, fatal/],
    [['logs', '--since', 'yesterday'], /'yesterday' is neither a time nor a duration/],
    [['logs', '-n', 'many'], /'many' is no whole number/],
    [['status', '-c', '/nowhere'], /\/nowhere/],
  ]
  for (const [args, says] of calls) {
    const result = await project.run(args)
    assert.equal(result.code, 2, `${args.join(' ')}: ${result.stderr}`)
    assert.match(result.stderr, says)
  }
  assert.deepEqual(processesMentioning(project.folder), [])
})

void test('a broken config ends with 2, lists every problem, and starts nothing', async () => {
  await using project = new TestProject({
    name: 'Not A Label',
    services: { api: { start: 'node a.mjs', route: ['/'], grace: 'soon' }, web: { static: 'web' } },
    environments: { local: { target: 'proces', drain: 30 } },
  })
  for (const command of ['up', 'doctor']) {
    const { code, stderr } = await project.run(command.split(' '))
    assert.equal(code, 2)
    for (const place of [
      'name',
      'services.api.route',
      'services.api.grace',
      'services.web.routes',
      'environments.local.target',
      'environments.local.drain',
    ])
      assert.match(stderr, new RegExp(`^ {2}${place.replaceAll('.', '\\.')}: `, 'm'))
    assert.match(stderr, /6 problems/)
  }
  const json = await project.run(['up', '--json'])
  const problem = JSON.parse(json.stdout) as { code: string; details: string[] }
  assert.deepEqual([json.code, json.stderr, problem.code, problem.details.length], [2, '', 'config.invalid', 6])
  assert.equal(existsSync(project.stateFolder), false)
  assert.deepEqual(processesMentioning(project.folder), [])
})

void test('secrets without a value and placeholders end with 2, naming all of them, before anything starts', async () => {
  await using project = new TestProject(plainConfig({ service: { secrets: ['JWT_KEY', 'DB_URL', 'MAIL_KEY'] } }))
  const { code, stderr } = await project.run(['up', '--detach'], { JWT_KEY: 'changeme', MAIL_KEY: 'a-real-value' })
  assert.equal(code, 2)
  assert.match(stderr, /2 of 3 secrets cannot be used {2}\[secret\.missing\]/)
  assert.match(stderr, /^ {2}DB_URL has no value$/m)
  assert.match(stderr, /^ {2}JWT_KEY holds a placeholder$/m)
  assert.doesNotMatch(stderr, /MAIL_KEY|a-real-value/)
  assert.deepEqual(processesMentioning(project.folder), [])

  const doctor = await project.run(['doctor'], { JWT_KEY: 'x'.repeat(30) })
  assert.equal(doctor.code, 1)
  assert.match(doctor.stdout, /✗ {2}secrets .*secrets cannot be used/)
})

void test('doctor lists what is missing and what is not yet in effect', async () => {
  await using project = new TestProject({
    ...plainConfig({
      service: { scale: { min: 1, max: 4 }, protocol: 'h2c' },
      services: { jobs: { start: 'no-such-program --work' } },
    }),
    guard: { threats: 'block', limits: [{ per: 'client', allow: '10/s' }] },
    promises: { trade: { on: { service: 'api' }, availability: '99.9%' } },
  })
  const { code, stdout } = await project.run(['doctor'])
  assert.equal(code, 1)
  assert.match(stdout, /✗ {2}jobs: start +no-such-program is not in PATH/)
  assert.match(stdout, /✓ {2}api: start +.*\/node v24/)
  assert.match(stdout, /protocol.*h2c.* is not yet in effect/)
  assert.doesNotMatch(stdout, /scale\.|guard\.|promises/)
  const findings = JSON.parse((await project.run(['doctor', '--json'])).stdout) as { level: string }[]
  assert.equal(findings.filter(({ level }) => level === 'missing').length, 1)
})

void test('a command for an environment that is down says so', async () => {
  await using project = new TestProject(plainConfig())
  for (const command of ['status', 'deploy', 'stop --service api']) {
    const { code, stderr } = await project.run(command.split(' '))
    assert.equal(code, 1, command)
    assert.match(stderr, /\[environment\.down\]\n→ Start the environment with `seaworthy up`\./)
  }
})

void test('a port that another program holds: said with its name, and nothing is left running', async () => {
  const stranger = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => stranger.once('listening', resolve))
  const { port } = stranger.address() as AddressInfo
  try {
    await using project = new TestProject({ ...plainConfig(), gateway: { listen: { http: port } } })
    const { code, stderr } = await project.run(['up', '--detach'])
    assert.equal(code, 1)
    assert.match(stderr, new RegExp(`port ${port} is taken by another program: pid ${process.pid}, .*node`))
    assert.match(stderr, /\[environment\.port-taken\]/)
    assert.deepEqual(processesMentioning(project.folder), [])
    const doctor = await project.run(['doctor'])
    assert.match(doctor.stdout, new RegExp(`✗ {2}gateway +port ${port} is taken`))
  } finally {
    stranger.close()
  }
})

void test('a control that cannot come up: its last lines are shown, and nothing is left running', async () => {
  await using project = new TestProject(plainConfig())
  await project.must(['up', '--detach'])
  await project.must(['stop'])
  // Without its log, from which it would be made whole.
  rmSync(join(project.stateFolder, 'state.db-wal'))
  writeFileSync(join(project.stateFolder, 'state.db'), 'this is no database, whatever its name says')
  const { code, stderr } = await project.run(['up', '--detach'])
  assert.equal(code, 1)
  assert.match(stderr, /\[environment\.not-started\]/)
  assert.match(stderr, /\| .*file is not a database/)
  // The command ends when the keeper has closed its connections: its process is gone a moment later.
  await until(() => processesMentioning(project.folder).length === 0, 'nothing to be left running', 5_000)
})

void test('progress on a terminal, plain lines elsewhere, one JSON object a line with --json; the exit codes say how it ended', async () => {
  const config = (env: Record<string, string>): object =>
    plainConfig({ env, environment: { watch: { for: '1s', sample: 5 } } })
  await using project = new TestProject(config({}))
  // Where it is no part of the next release.
  const planFile = join(project.stateFolder, 'plan.json')
  const up = await project.must(['up', '--detach', '--json'])
  const facts = up.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { kind: string })
  assert.deepEqual(
    [...new Set(facts.map(({ kind }) => kind))],
    ['note', 'plan', 'planned', 'begun', 'done', 'switched', 'result', 'status'],
  )

  const again = await project.must(['up', '--detach'])
  assert.match(again.stdout, /is live; `seaworthy deploy` ships what changed since/)
  assert.equal((await project.status()).world.sequence, 1)

  project.configure(config({ NAME: 'v2' }))
  const plan = JSON.parse((await project.must(['plan', '--json', '--out', planFile])).stdout) as {
    operations: unknown[]
  }
  assert.ok(plan.operations.length > 4)

  const plain = await project.must(['deploy'])
  assert.doesNotMatch(plain.stdout, ESCAPE)
  assert.match(plain.stdout, /^· switch +all traffic from/m)
  assert.match(plain.stdout, /^✓ switch +\d+\.\d s/m)
  assert.match(plain.stdout, /^d2: done$/m)

  const nothing = await project.must(['deploy'])
  assert.match(nothing.stdout, /^nothing changed: 2-[0-9a-f]{8} is live\. Use --force to deploy it again\.$/m)
  assert.equal((await project.status()).world.sequence, 2)

  project.configure(config({ NAME: 'v3' }))
  const seen = onTerminal(project, ['deploy'])
  assert.match(seen, ESCAPE)
  // oxlint-disable-next-line no-control-regex -- the line that is drawn again and again
  assert.match(seen, /\r\x1b\[K[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏] (gate|watch|prepare)/)
  assert.match(seen, /d3: done/)

  const moved = await project.run(['deploy', '--plan', planFile])
  assert.equal(moved.code, 3, moved.stderr)
  assert.match(moved.stderr, /\[deploy\.moved\]/)

  project.configure(config({ CRASH: 'no key' }))
  const refused = await project.run(['deploy', '--json'])
  assert.equal(refused.code, 1)
  const last = JSON.parse(refused.stdout.trim().split('\n').at(-1)!) as { kind: string; code: string }
  assert.deepEqual([last.kind, last.code], ['problem', 'deploy.gate-failed'])

  const status = JSON.parse((await project.must(['status', '--history', '--json'])).stdout) as {
    deploys: { state: string }[]
  }
  assert.deepEqual(
    status.deploys.map(({ state }) => state),
    ['refused', 'done', 'done', 'done'],
  )
})

/** What a person would see: the command on a pseudo-terminal, by util-linux' `script`. */
function onTerminal(project: TestProject, args: readonly string[]): string {
  const command = [process.execPath, join(root, 'bin/seaworthy.js'), ...args].map((word) => `'${word}'`).join(' ')
  const { status, stdout } = spawnSync('script', ['-qec', command, '/dev/null'], {
    cwd: project.folder,
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], TERM: 'xterm' },
    encoding: 'utf8',
  })
  assert.equal(status, 0, stdout)
  return stdout
}
