/** The release to go back to has gone from a real engine, and nobody has told control. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { test } from 'node:test'
import type { Status } from '../../src/control/api/contract.ts'
import { NODE_BASE, nodeArchive, startEngine } from '../support/docker-engine.ts'
import { engineNetwork } from '../support/engine-load.ts'
import { EngineProject } from '../support/engine-project.ts'
import { plainConfig, until } from '../support/project.ts'

const PORT = 8091
const WITHIN_MS = 60_000

const ASK = `const answer = await fetch(process.argv[1], { signal: AbortSignal.timeout(5000) })
  .catch((error) => ({ status: 0, text: () => String(error.cause ?? error) }))
console.log(JSON.stringify([answer.status, await answer.text()]))`

function configOf(name: string, env: Readonly<Record<string, string>> = {}, environment: object = {}): object {
  const health = { ready: '/health/readiness', interval: '1s', deadline: '8s' }
  const config = plainConfig({ env: { NAME: name, ...env }, service: { grace: '3s', health } })
  const staging = { target: 'docker', watch: { for: '500ms', warm: '10min' }, drain: '1s' }
  return { ...config, gateway: { listen: { http: PORT } }, environments: { staging: { ...staging, ...environment } } }
}

test(
  'going back to a release that was removed by hand is for a command that starts it again',
  {
    timeout: 400_000,
  },
  async (t) => {
    using base = nodeArchive()
    await using engine = await startEngine()
    const { docker } = engine
    docker('import', '--change', 'ENV PATH=/usr/local/bin', base.path, NODE_BASE)
    await using project = new EngineProject(configOf('v1'), {}, '.seaworthy/staging')
    project.variables = { DOCKER_HOST: engine.host }
    const ask = (): readonly [status: number, text: string] => {
      const [enter, ...where] = engineNetwork(engine)
      const words = [...where, process.execPath, '--input-type=module', '-e', ASK, `http://127.0.0.1:${PORT}/`]
      return JSON.parse(execFileSync(enter, words, { encoding: 'utf8' })) as ReturnType<typeof ask>
    }
    const look = async (): Promise<Status> => JSON.parse((await project.must(['status', '--json'])).stdout) as Status
    const removeAllOf = (release: string): void => {
      const ids = docker('ps', '--quiet', '--filter', `label=seaworthy.release=${release}`).split('\n').filter(Boolean)
      assert.notEqual(ids.length, 0)
      docker('rm', '--force', ...ids)
    }
    const assertServes = async (name: string, release: string): Promise<void> => {
      await until(async () => ask()[0] === 200, `${name} to serve`, WITHIN_MS)
      assert.equal((JSON.parse(ask()[1]) as { name: string }).name, name)
      const { world, owed, running } = await look()
      assert.deepEqual([world.live, owed, running], [release, [], null])
    }
    const rots = (name: string): object =>
      configOf(name, { ROTS_AFTER_MS: '6000' }, { watch: { for: '60s' }, witness: { rate: '20/s' } })
    await project.must(['up'])
    const first = (await look()).world.live!

    await t.test('with a command at work: it is started, and serves', async () => {
      project.configure(rots('v2'))
      const deploy = project.start(['deploy'])
      await until(async () => (await look()).world.live !== first, 'the switch', WITHIN_MS)
      removeAllOf(first)
      const { code, stdout, stderr } = await deploy.ended
      assert.equal(code, 1, stdout + stderr)
      assert.match(stdout, /api of \S+ accepts no connection after 15 s: whoever follows starts it again/)
      assert.match(stdout, /taken-back: .* answers failed/)
      await assertServes('v1', first)
    })

    await t.test('with nobody at work: what errs keeps the traffic until a command takes it back', async () => {
      project.configure(rots('v3'))
      const killed = await project.run(['deploy'], { SEAWORTHY_CRASH_AT: 'switch:end' })
      assert.equal(killed.signal, 'SIGKILL')
      removeAllOf(first)
      const told = async (): Promise<string> => (await project.must(['logs', '--service', 'control'])).stdout
      await until(
        async () => /accepts no connection after 15 s, and no command/.test(await told()),
        'its end',
        WITHIN_MS,
      )
      const { world, running } = await look()
      assert.equal(world.live, running!.plan.release.id)
      assert.match(String(ask()[0]), /^(200|500)$/, 'an answer of the release itself')
      await project.must(['deploy', '--abort'])
      await assertServes('v1', first)
    })
  },
)
