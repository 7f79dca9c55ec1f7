/** Hooks of an environment on Docker: they run on the machine that deploys, and what a dead command leaves the next one runs. */
import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { EnvironmentEvent, Status } from '../../src/control/api/contract.ts'
import { NODE_BASE, nodeArchive, startEngine } from '../support/docker-engine.ts'
import { EngineProject } from '../support/engine-project.ts'
import { plainConfig, processesMentioning, until } from '../support/project.ts'

const WITHIN_MS = 60_000
const GIVEN =
  'APP BY DEPLOY ENVIRONMENT HOME KIND LANG PATH PLAN_HASH PWD PYTHONUNBUFFERED RELEASE RELEASE_BEFORE SEAWORTHY_CHILD'.split(
    ' ',
  )

/** Into a file of the config's folder that is no part of a release; the first word of each line. */
const note = (what: string): string => `echo ${what} $DEPLOY $OUTCOME >> .seaworthy/runs.txt`
const words = (script: string): string => `sh -c '${script}'`
const HOOKS = {
  before: words(`env > .seaworthy/before.env; ${note('before')}; exit $(cat .seaworthy/code)`),
  after: words(`env > .seaworthy/after.env; cat "$PROOF" > .seaworthy/proof.json; ${note('after')}`),
  failed: words(`env > .seaworthy/failed.env; ${note('failed')}; echo told; exit 3`),
}

function configOf(name: string, env: Readonly<Record<string, string>> = {}, hooks: object = HOOKS): object {
  const config = plainConfig({
    env: { NAME: name, ...env },
    service: { health: { ready: '/health/readiness', interval: '1s', deadline: '8s' } },
  })
  const staging = { target: 'docker', hooks, watch: { for: '500ms', warm: '10min' }, drain: '1s' }
  return { ...config, gateway: { listen: { http: 8090 } }, environments: { staging } }
}

type Past = Status & { readonly events: readonly EnvironmentEvent[] }

test('hooks of deploys on Docker', { timeout: 540_000 }, async (t) => {
  using base = nodeArchive()
  await using engine = await startEngine()
  engine.docker('import', '--change', 'ENV PATH=/usr/local/bin', base.path, NODE_BASE)
  await using project = new EngineProject(configOf('v1'), {}, '.seaworthy/staging')
  project.variables = { DOCKER_HOST: engine.host, LEAK: 'sw-leak' }
  const file = (name: string): string => join(project.folder, '.seaworthy', name)
  const runs = (): readonly string[] =>
    existsSync(file('runs.txt')) ? readFileSync(file('runs.txt'), 'utf8').trim().split('\n') : []
  const look = async (): Promise<Past> =>
    JSON.parse((await project.must(['status', '--history', '--json'])).stdout) as Past
  const variables = (name: string): Readonly<Record<string, string>> => {
    const lines = readFileSync(file(name), 'utf8').trim().split('\n')
    const pairs = lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)] as const)
    // What the shell adds of its own.
    return Object.fromEntries(pairs.filter(([one]) => !['_', 'OLDPWD', 'SHLVL'].includes(one)))
  }
  mkdirSync(join(project.folder, '.seaworthy'))
  writeFileSync(file('code'), '0')

  await t.test('`before` and `after` run here, once each, with what they are to know and nothing else', async () => {
    const { stdout } = await project.must(['deploy'])
    assert.match(stdout, /hook 'after' of d1 exited with 0/)
    assert.deepEqual(runs(), ['before d1', `after d1 ${(await look()).last!.state}`])
    const { last, world, owedHooks, events } = await look()
    const seen = variables('after.env')
    assert.deepEqual(
      [
        'DEPLOY',
        'KIND',
        'RELEASE',
        'RELEASE_BEFORE',
        'APP',
        'ENVIRONMENT',
        'PLAN_HASH',
        'OUTCOME',
        'BECAUSE',
        'BY',
      ].map((name) => seen[name]),
      ['d1', 'deploy', world.live, '', 'plain', 'staging', last!.plan.hash, last!.state, '', last!.by],
    )
    assert.equal(seen['PWD'], project.folder)
    assert.deepEqual(Object.keys(seen).toSorted(), [...GIVEN, 'OUTCOME', 'BECAUSE', 'PROOF'].toSorted())
    assert.deepEqual(Object.keys(variables('before.env')).toSorted(), GIVEN.toSorted())
    assert.deepEqual(JSON.parse(readFileSync(file('proof.json'), 'utf8')), last!.proof)
    assert.ok(!existsSync(seen['PROOF']!))
    assert.deepEqual(owedHooks, [])
    assert.ok(events.some(({ kind, text }) => kind === 'hook-done' && text.includes("the hook 'after' of d1")))
  })

  await t.test('`before` can stop a deploy, and `failed` hears of it; its own failure changes nothing', async () => {
    const { live } = (await look()).world
    writeFileSync(file('code'), '4')
    project.configure(configOf('v2'))
    const { code, stdout, stderr } = await project.run(['deploy'])
    assert.equal(code, 1)
    assert.match(stderr, /the hook 'before' .* exited with 4 +\[deploy\.hook-failed\]/)
    assert.match(stdout, /hook 'failed' of d2 exited with 3; the outcome stands\n +\| told/)
    assert.deepEqual(runs().slice(2), ['before d2', 'failed d2 refused'])
    const failed = variables('failed.env')
    assert.equal(failed['RELEASE_BEFORE'], live)
    assert.match(failed['BECAUSE']!, /exited with 4/)
    writeFileSync(file('code'), '0')
    project.configure(configOf('v3', { UNREADY: 'no database' }))
    assert.equal((await project.run(['deploy'])).code, 1)
    assert.deepEqual(runs().slice(4), ['before d3', 'failed d3 refused'])
    const { world, events } = await look()
    assert.equal(world.live, live)
    assert.ok(events.some(({ kind, text }) => kind === 'hook-failed' && /of d3 .*exited with 3\n +\| told/.test(text)))
  })

  await t.test(
    'the command is killed behind the switch: `status` names what is owed, the next one runs it',
    async () => {
      project.configure(configOf('v4'))
      const killed = await project.run(['deploy'], { SEAWORTHY_CRASH_AT: 'switch:end' })
      assert.equal(killed.signal, 'SIGKILL')
      await until(async () => (await look()).last!.state !== 'running', 'control to complete it', WITHIN_MS, 1_000)
      const { last } = await look()
      assert.deepEqual(runs().slice(6), ['before d4'])
      assert.match((await project.must(['status'])).stdout, /owed +hook 'after' of d4: `seaworthy up` runs it/)
      await project.must(['up'])
      assert.deepEqual(runs().slice(7), [`after d4 ${last!.state}`])
      assert.deepEqual((await look()).owedHooks, [])
      await project.must(['up'])
      assert.equal(runs().length, 8)
    },
  )

  await t.test('killed while its hook runs: the next one ends what is left, and runs it again', async () => {
    const slow = words(`${note('slow')}; test -e .seaworthy/quick || sleep 7183`)
    project.configure(configOf('v5', {}, { after: slow }))
    const { pid, ended } = project.start(['deploy'])
    await until(() => processesMentioning('sleep 7183').length > 0, 'the hook to run', 120_000)
    assert.match((await project.must(['status'])).stdout, /owed +hook 'after' of d5: run by .*\(pid \d+\)/)
    process.kill(pid, 'SIGKILL')
    await ended
    assert.equal(processesMentioning('sleep 7183').length > 0, true)
    writeFileSync(file('quick'), '')
    const { stdout } = await project.must(['up'])
    assert.match(stdout, /hook 'after' of d5 exited with 0/)
    assert.deepEqual(processesMentioning('sleep 7183'), [])
    assert.equal(runs().filter((line) => line.startsWith('slow d5')).length, 2)
    assert.deepEqual((await look()).owedHooks, [])
  })
})
