/** Strategy `recreate` on Docker, by the commands of a user, on a real engine: never two releases of a service at once. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Status } from '../../src/control/api/contract.ts'
import { NODE_BASE, nodeArchive, startEngine } from '../support/docker-engine.ts'
import { engineNetwork } from '../support/engine-load.ts'
import { EngineProject } from '../support/engine-project.ts'
import { LONE_JOB, overlapsIn } from '../support/lone-job.ts'
import { plainConfig, until } from '../support/project.ts'

const PORT = 8090
const KEPT = 'value-of-the-first-day'
const WITHIN_MS = 60_000

const ASK = `const answer = await fetch(process.argv[1], { signal: AbortSignal.timeout(5000) })
  .catch((error) => ({ status: 0, headers: new Headers(), text: () => String(error.cause ?? error) }))
console.log(JSON.stringify([answer.status, answer.headers.get('retry-after'), await answer.text()]))`

function configOf(name: string, env: Readonly<Record<string, string>> = {}, environment: object = {}): object {
  const config = plainConfig({
    env: { NAME: name, ...env },
    service: { secrets: ['KEY'], grace: '3s', health: { ready: '/health/readiness', interval: '1s', deadline: '8s' } },
    services: { jobs: { path: 'jobs', start: 'node main.mjs', writable: ['data'], grace: '10s', env: { NAME: name } } },
  })
  const staging = { target: 'docker', strategy: 'recreate', watch: { for: '500ms', warm: '10min' }, drain: '1s' }
  return { ...config, gateway: { listen: { http: PORT } }, environments: { staging: { ...staging, ...environment } } }
}

test('a release of a service ends before the next one begins', { timeout: 540_000 }, async (t) => {
  using base = nodeArchive()
  await using engine = await startEngine()
  const { docker } = engine
  docker('import', '--change', 'ENV PATH=/usr/local/bin', base.path, NODE_BASE)
  await using project = new EngineProject(configOf('v1'), {}, '.seaworthy/staging')
  mkdirSync(join(project.folder, 'jobs'))
  writeFileSync(join(project.folder, 'jobs/main.mjs'), LONE_JOB)
  project.variables = { DOCKER_HOST: engine.host, KEY: KEPT }
  const ask = (path = '/'): readonly [status: number, retryAfter: string | null, text: string] => {
    const [enter, ...where] = engineNetwork(engine)
    const words = [...where, process.execPath, '--input-type=module', '-e', ASK, `http://127.0.0.1:${PORT}${path}`]
    return JSON.parse(execFileSync(enter, words, { encoding: 'utf8' })) as ReturnType<typeof ask>
  }
  const served = (): string => (JSON.parse(ask()[2]) as { name: string }).name
  const look = async (): Promise<Status> => JSON.parse((await project.must(['status', '--json'])).stdout) as Status
  const containers = (): readonly string[] => {
    const format = '{{.Label "seaworthy.release"}} {{.Label "seaworthy.service"}} {{.State}}'
    return docker('ps', '--all', '--filter', 'label=seaworthy.instance', '--format', format).split('\n').toSorted()
  }
  const log = (): string => {
    const [one] = docker('ps', '--filter', 'label=seaworthy.service=jobs', '--format', '{{.Names}}').split('\n')
    return docker('exec', one!, 'node', '-p', `require('node:fs').readFileSync('data/log', 'utf8')`)
  }
  /** Of the live release all is there and runs, and of no other anything. */
  const assertWhole = async (): Promise<string> => {
    const { world, owed, running } = await look()
    assert.deepEqual([owed, running], [[], null])
    assert.deepEqual(containers(), [`${world.live} api running`, `${world.live} jobs running`])
    assert.deepEqual(overlapsIn(log()), [])
    return world.live!
  }
  await project.must(['deploy'])
  assert.equal(served(), 'v1')
  let live = await assertWhole()

  await t.test('503 with Retry-After from the end of the old one to the gate of the new one', async (tt) => {
    project.configure(configOf('v2', { SLOW_START_MS: '3000' }, { witness: { rate: '20/s' } }))
    const { stdout } = await project.must(['plan'])
    assert.match(stdout, /jobs: strategy 'recreate': it answers 503 from the stop of the old instance/)
    const deploy = project.start(['deploy'])
    const answers: (readonly [number, string | null, string])[] = []
    const state = { isOver: false }
    void deploy.ended.then(() => (state.isOver = true))
    while (!state.isOver) {
      answers.push(ask())
      await new Promise((resolve) => setImmediate(resolve))
    }
    assert.equal((await deploy.ended).code, 0)
    const refused = answers.filter(([status]) => status !== 200)
    assert.ok(refused.length > 0)
    for (const one of refused) assert.deepEqual(one, [503, '5', 'This service is stopped.\n'])
    const { last } = await look()
    assert.ok(last!.proof!.failures.every((failure) => failure.includes('status 503')))
    tt.diagnostic(`${last!.proof!.failed} of ${last!.proof!.sent} requests of the witness met a 503`)
    assert.equal(served(), 'v2')
    const before = live
    live = await assertWhole()
    assert.notEqual(live, before)
  })

  await t.test('refused: the old one is started again, with the secrets of its own day', async () => {
    project.configure(configOf('v3', { UNREADY: 'no database' }))
    const { code, stderr, stdout } = await project.run(['deploy'], { KEY: 'another-value' })
    assert.equal(code, 1)
    assert.match(stderr, /answered 503.*no database/)
    assert.doesNotMatch(stdout, /could not be brought back/)
    assert.equal(served(), 'v2')
    assert.equal(await assertWhole(), live)
    const [api] = docker('ps', '--filter', 'label=seaworthy.service=api', '--format', '{{.Names}}').split('\n')
    assert.equal(
      docker('exec', api!, 'node', '-p', `require('node:fs').readFileSync('/run/secrets/KEY', 'utf8')`),
      KEPT,
    )
  })

  await t.test('taken back after its switch: the old one serves again', async () => {
    project.configure(configOf('v4', { ROTS_AFTER_MS: '500' }, { watch: { for: '60s' }, witness: { rate: '20/s' } }))
    const { code, stdout } = await project.run(['deploy'])
    assert.equal(code, 1)
    assert.match(stdout, /taken-back: .* answers failed/)
    assert.equal(served(), 'v2')
    assert.equal(await assertWhole(), live)
  })

  await t.test('killed when the old one had ended, and aborted: it is started again', async () => {
    project.configure(configOf('v5'))
    const killed = await project.run(['deploy'], { SEAWORTHY_CRASH_AT: 'stop:jobs:end' })
    assert.equal(killed.signal, 'SIGKILL')
    assert.equal(ask()[0], 503)
    await project.must(['deploy', '--abort'])
    assert.equal(served(), 'v2')
    assert.equal(await assertWhole(), live)
  })

  await t.test(
    'Ctrl-C while the old one is stopped: it serves again, and nothing of the next one is left',
    async (tt) => {
      project.configure(configOf('v8', { SLOW_START_MS: '5000' }))
      const deploy = project.start(['deploy'])
      const isStopping = async (): Promise<boolean> =>
        (await look()).running?.journal.some(({ operation }) => operation.startsWith('stop:')) ?? false
      await until(isStopping, 'the stop', WITHIN_MS)
      process.kill(deploy.pid, 'SIGINT')
      const { code, stdout, stderr } = await deploy.ended
      assert.equal(code, 1, stdout + stderr)
      assert.match(stderr, /deploy\.interrupted/)
      assert.doesNotMatch(stdout, /could not be brought back/)
      tt.diagnostic(
        /interrupted: (\S+) comes to its end first/.exec(stdout)?.[0] ?? 'interrupted between two operations',
      )
      assert.equal(served(), 'v2')
      assert.equal(await assertWhole(), live)
    },
  )

  await t.test('killed when the next one had begun, and `up`: that ends before the old one is started', async () => {
    project.configure(configOf('v9'))
    const killed = await project.run(['deploy'], { SEAWORTHY_CRASH_AT: 'start:jobs:end' })
    assert.equal(killed.signal, 'SIGKILL')
    const { stdout } = await project.must(['up'])
    assert.match(stdout, /was left unfinished: undoing it first/)
    assert.equal(served(), 'v2')
    assert.equal(await assertWhole(), live)
  })

  await t.test('broken with nobody at work: it keeps the traffic, since nobody could start the old one', async () => {
    project.configure(configOf('v6', { ROTS_AFTER_MS: '500' }, { watch: { for: '60s' }, witness: { rate: '20/s' } }))
    const killed = await project.run(['deploy'], { SEAWORTHY_CRASH_AT: 'switch:end' })
    assert.equal(killed.signal, 'SIGKILL')
    const told = async (): Promise<string> => (await project.must(['logs', '--service', 'control'])).stdout
    await until(async () => /has made room, and no command is there/.test(await told()), 'its end', WITHIN_MS, 1_000)
    const { world, running, owed } = await look()
    assert.deepEqual([world.live, owed], [running!.plan.release.id, []])
    assert.notEqual(ask()[2], 'This service is stopped.\n')
    const { stdout } = await project.must(['deploy', '--abort'])
    assert.match(stdout, /taken-back/)
    assert.equal(served(), 'v2')
    assert.equal(await assertWhole(), live)
  })

  await t.test('the way back is one as well', async () => {
    project.configure(configOf('v7'))
    await project.must(['deploy'])
    live = await assertWhole()
    await project.must(['rollback'])
    assert.equal(served(), 'v2')
    assert.notEqual(await assertWhole(), live)
  })
})
