/**
 * Strategy `recreate` and hooks on a real cluster, by the commands of a user. Not part of `bin/test`:
 * `KUBECONFIG=… node --test test/cluster/recreate.test.ts`
 */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { test } from 'node:test'
import type { Status } from '../../src/control/api/contract.ts'
import { LONE_JOB } from '../support/lone-job.ts'
import { importNodeBase, NamespaceProject } from '../support/namespace-project.ts'
import { plainConfig } from '../support/project.ts'

const PLACE = 'plain-production'
const KEPT = 'value-of-the-first-day'

const note = (what: string): string => `sh -c 'echo ${what} $DEPLOY $OUTCOME $PWD >> .seaworthy/runs.txt'`

function configOf(
  namespace: string,
  { name = 'v1', env = {}, environment = {} }: { name?: string; env?: object; environment?: object } = {},
): object {
  const config = plainConfig({
    env: { NAME: name, ...env },
    service: {
      secrets: ['KEY'],
      grace: '3s',
      health: { ready: '/health/readiness', interval: '1s', timeout: '2s', deadline: '90s', passes: 1, failures: 3 },
    },
    services: { jobs: { path: 'jobs', start: 'node main.mjs', writable: ['data'], grace: '10s', env: { NAME: name } } },
  })
  const hooks = { before: note('before'), after: note('after'), failed: note('failed') }
  const place = { target: 'kubernetes', context: 'local', namespace }
  const watch = { for: '1s', warm: '30min' }
  const production = { ...place, strategy: 'recreate', hooks, watch, drain: '2s', ...environment }
  return { ...config, gateway: { listen: { http: 80 } }, environments: { production } }
}

test('on a cluster a release of a service ends before the next one begins', { timeout: 540_000 }, async (t) => {
  importNodeBase()
  const files = { 'test.txt': randomUUID(), 'jobs/main.mjs': LONE_JOB }
  await using project = new NamespaceProject({ configOf, files, place: PLACE })
  project.variables = { KEY: KEPT }
  project.makeNamespace()
  const configure = (more: Parameters<typeof configOf>[1]): void => project.configure(configOf(project.namespace, more))
  const look = async (): Promise<Status> => JSON.parse((await project.must(['status', '--json'])).stdout) as Status
  const ask = async (): Promise<readonly [number, string | null, string]> => {
    const answer = await fetch(`http://${project.address()}/`, { headers: { connection: 'close' } })
    return [answer.status, answer.headers.get('retry-after'), await answer.text()]
  }
  const served = async (): Promise<string> => (JSON.parse((await ask())[2]) as { name: string }).name
  const runs = (): readonly string[] => {
    const file = join(project.folder, '.seaworthy/runs.txt')
    return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : []
  }
  /** Of the live release all is there, nothing is owed, and of releases that made room nothing is left. */
  const assertWhole = async (): Promise<string> => {
    const { world, owed, owedHooks, running } = await look()
    assert.deepEqual([owed, owedHooks, running], [[], [], null])
    const label = 'jsonpath={range .items[*]}{.metadata.labels.seaworthy\\.release}{"\\n"}{end}'
    const kinds = 'deployments,services,configmaps,secrets,networkpolicies'
    const of = project.kubectl('get', kinds, '--selector', 'seaworthy.release', '--output', label).split('\n')
    assert.deepEqual([...new Set(of)], [world.live])
    return world.live!
  }
  await project.must(['deploy'])
  assert.equal(await served(), 'v1')
  let live = await assertWhole()
  await using pods = watchPods(project)

  await t.test('hooks ran here, once each', () => {
    assert.deepEqual(
      runs().map((line) => [line.split(' ').slice(0, 2).join(' '), line.split(' ').at(-1)]),
      [
        ['before d1', project.folder],
        ['after d1', project.folder],
      ],
    )
  })

  await t.test('503 with Retry-After from the end of the old one to the gate of the new one', async (tt) => {
    configure({ name: 'v2', env: { SLOW_START_MS: '2000' } })
    const deploy = project.start(['deploy'])
    const state = { isOver: false }
    void deploy.ended.then(() => (state.isOver = true))
    const answers: (readonly [number, string | null, string])[] = []
    while (!state.isOver) answers.push(await ask())
    assert.equal((await deploy.ended).code, 0, (await deploy.ended).stderr)
    const refused = answers.filter(([status]) => status !== 200)
    assert.ok(refused.length > 0)
    for (const one of refused) assert.deepEqual(one, [503, '5', 'This service is stopped.\n'])
    tt.diagnostic(`${refused.length} of ${answers.length} answers were 503`)
    assert.equal(await served(), 'v2')
    const before = live
    live = await assertWhole()
    assert.notEqual(live, before)
  })

  await t.test(
    'refused: the old one comes back, with the secrets of its own day, and `failed` hears of it',
    async () => {
      configure({ name: 'v3', env: { CRASH: 'no database' } })
      const { code, stdout, stderr } = await project.run(['deploy'], { KEY: 'another-value' })
      assert.equal(code, 1)
      assert.match(stderr, /\[deploy\.gate-failed\]/)
      assert.doesNotMatch(stdout, /could not be brought back/)
      assert.equal(await served(), 'v2')
      assert.equal(await assertWhole(), live)
      const value = project.kubectl('get', 'secrets', `${PLACE}-api-${live}`, '--output', 'jsonpath={.data.KEY}')
      assert.equal(Buffer.from(value, 'base64').toString(), KEPT)
      assert.equal(runs().at(-1), `failed d3 refused ${project.folder}`)
    },
  )

  await t.test('taken back after its switch: the old one serves again', async () => {
    const watched = { watch: { for: '60s' }, witness: { rate: '20/s' } }
    configure({ name: 'v4', env: { ROTS_AFTER_MS: '500' }, environment: watched })
    const { code, stdout } = await project.run(['deploy'])
    assert.equal(code, 1)
    assert.match(stdout, /taken-back: .* answers failed/)
    assert.equal(await served(), 'v2')
    assert.equal(await assertWhole(), live)
    assert.equal(runs().at(-1), `failed d4 taken-back ${project.folder}`)
  })

  await t.test('no pod of one release of a service began before the last one of another was gone', async (tt) => {
    const { events, overlaps } = await pods.stop()
    assert.ok(events > 10)
    assert.deepEqual(overlaps, [])
    tt.diagnostic(`${events} events of pods were watched`)
  })
})

/** Every event of the services' pods, as the API server tells them. */
function watchPods(project: NamespaceProject) {
  const columns = 'S:.metadata.labels.seaworthy\\.service,R:.metadata.labels.seaworthy\\.release,N:.metadata.name'
  const which = ['--namespace', project.namespace, 'get', 'pods', '--selector', 'seaworthy.service', '--watch']
  const words = [...which, '--output-watch-events', '--no-headers', '--output', `custom-columns=${columns}`]
  const child = spawn('kubectl', words, { stdio: ['ignore', 'pipe', 'inherit'] })
  const there = new Map<string, string>()
  const overlaps: string[] = []
  let events = 0
  const lines = createInterface({ input: child.stdout })
  lines.on('line', (line) => {
    const [event, service, release, name] = line.trim().split(/\s+/) as [string, string, string, string]
    events += 1
    if (event === 'DELETED') return there.delete(name)
    const beside = [...there.values()].find(
      (other) => other.startsWith(`${service} `) && other !== `${service} ${release}`,
    )
    if (!there.has(name) && beside !== undefined) overlaps.push(`${service} ${release} beside ${beside}`)
    there.set(name, `${service} ${release}`)
  })
  const closed = new Promise<void>((resolve) => lines.once('close', () => resolve()))
  const stop = async () => {
    child.kill()
    await closed
    return { events, overlaps }
  }
  return { stop, [Symbol.asyncDispose]: async () => void (await stop()) }
}
