/**
 * Deploys on a real cluster, over its own control plane, with Seaworthy's image in it and pods that run. Not part of `bin/test`:
 * it needs a cluster whose nodes are this machine's Docker engine. `KUBECONFIG=… node --test test/cluster/deploy.test.ts`
 */
import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { hasTraffic } from '../../src/deploy/journal.ts'
import { ClusterProject } from '../support/cluster-project.ts'
import { failuresOf, startLoad, type Load } from '../support/load.ts'
import { plainConfig, until } from '../support/project.ts'

const INSTANCES = 2
const WITHIN_MS = 120_000
const TEST_MS = 600_000

const configOf = (
  name: string,
  env: Readonly<Record<string, string>> = {},
  { service = {}, environment = {} }: { readonly service?: object; readonly environment?: object } = {},
): object =>
  plainConfig({
    env: { NAME: name, ...env },
    service: {
      scale: { min: INSTANCES },
      health: {
        ready: '/health/readiness',
        live: '/health/liveness',
        interval: '1s',
        timeout: '2s',
        deadline: '90s',
        passes: 1,
        failures: 3,
      },
      ...service,
    },
    environment: {
      target: 'kubernetes',
      context: 'local',
      watch: { for: '2s', warm: '30min', p95: '100x' },
      smoke: [{ request: 'GET /env', expect: { status: 200, body: 'RELEASE' } }],
      ...environment,
    },
  })

const liveOf = async (project: ClusterProject): Promise<string> => (await project.status()).world.live!

const loadOf = (project: ClusterProject, pauseMs = 20): Load =>
  startLoad({ host: project.address(), port: 80, clients: 4, pauseMs })

async function answersFrom(load: Load, release: string): Promise<void> {
  await until(() => load.answers.at(-1)?.release === release, `${release} to answer`, WITHIN_MS)
}

/** Control and cluster agree: the live release has all its pods, the warm one beside it, nothing else is there or owed. */
async function assertWhole(project: ClusterProject, live: string): Promise<void> {
  const { world, running, lease, instances, owed } = await project.status()
  assert.equal(world.live, live)
  assert.deepEqual([running, lease, owed], [null, null, []])
  assert.equal(instances.filter(({ release }) => release === live).length, INSTANCES)
  for (const { id, release } of instances) assert.ok([world.live, world.warm].includes(release), `${id} should be gone`)
  const pods = (await project.pods()).filter(({ instance }) => instance.state !== 'stopping')
  assert.equal(pods.filter(({ instance, isReady }) => instance.release === live && isReady).length, INSTANCES)
  for (const { pod, instance } of pods)
    assert.ok([world.live, world.warm].includes(instance.release), `${pod} should be gone`)
}

test('deploys on a cluster, from an empty namespace on', { timeout: TEST_MS }, async (t) => {
  await using project = new ClusterProject(configOf('v1'))
  const begun = performance.now()
  await project.install()
  t.diagnostic(`installed in ${seconds(begun)}`)

  await t.test('installed again it is the same', async () => {
    const versions = (): string =>
      project.kubectl(
        'get',
        'statefulsets,deployments,services,networkpolicies',
        '--output',
        'jsonpath={.items[*].metadata.generation}',
      )
    const before = versions()
    await project.apply()
    assert.equal(versions(), before)
  })

  await t.test('the first deploy, and a request through the front door', async (tt) => {
    const at = performance.now()
    await project.must(['deploy'])
    tt.diagnostic(`deployed in ${seconds(at)}`)
    const live = await liveOf(project)
    await assertWhole(project, live)
    const answer = await fetch(`http://${project.address()}/`)
    assert.deepEqual([answer.status, answer.headers.get('seaworthy-release')], [200, live])
    assert.match(await answer.text(), /"name":"v1"/)
  })

  await t.test('a good deploy and the way back lose no request', async (tt) => {
    const first = await liveOf(project)
    await using load = loadOf(project)
    const at = performance.now()
    project.configure(configOf('v2'))
    await project.must(['deploy'])
    tt.diagnostic(`deployed in ${seconds(at)}`)
    const second = await liveOf(project)
    assert.notEqual(second, first)
    await answersFrom(load, second)
    await assertWhole(project, second)
    const back = performance.now()
    await project.must(['rollback'])
    tt.diagnostic(`rolled back (warm) in ${seconds(back)}`)
    await answersFrom(load, first)
    await assertWhole(project, first)
    tellLossless(await load.stop(), tt)
  })

  await t.test('pods that are deleted are replaced, and no request is lost', async (tt) => {
    const live = await liveOf(project)
    await using load = loadOf(project)
    for (let round = 0; round < INSTANCES; round++) {
      const there = (await project.pods()).filter(
        ({ instance, isReady }) => instance.release === live && isReady && instance.state !== 'stopping',
      )
      const gone = there[0]!.pod
      project.kubectl('delete', 'pod', gone, '--wait=false')
      await until(
        async () => {
          const now = (await project.pods()).filter(({ instance, pod }) => instance.release === live && pod !== gone)
          return now.filter(({ isReady, instance }) => isReady && instance.state !== 'stopping').length === INSTANCES
        },
        'another in its place',
        WITHIN_MS,
        500,
      )
    }
    const count = load.answers.length
    await until(() => load.answers.length > count + 200, 'requests to the new pods', WITHIN_MS)
    tellLossless(await load.stop(), tt)
  })

  await t.test('what does not become ready is refused with the cause, and the live release serves on', async (tt) => {
    const live = await liveOf(project)
    await using load = loadOf(project)
    const refused = async (config: object, cause: RegExp): Promise<void> => {
      project.configure(config)
      const { code, stdout, stderr } = await project.run(['deploy'])
      assert.equal(code, 1, stdout)
      assert.match(stderr, /\[deploy\.gate-failed\]/)
      assert.match(stderr, cause)
      tt.diagnostic(stderr.split('\n').find((line) => line.includes('did not become ready'))!)
      await assertWhole(project, live)
    }
    const soon = { health: { ready: '/health/readiness', interval: '1s', timeout: '2s', deadline: '15s' } }
    await refused(configOf('crash', { CRASH: 'no database' }), /crash-loop, proven[\s\S]*cannot start: no database/)
    await refused(
      configOf('ill', { UNREADY: 'no database' }, { service: soon }),
      /statuscode: 503[\s\S]*probe-fails, likely/,
    )
    const huge = { ...soon, resources: { cpu: 500 } }
    await refused(configOf('huge', {}, { service: huge }), /unschedulable, proven[\s\S]*Insufficient cpu/)
    tellLossless(await load.stop(), tt)
  })

  await t.test('a release that fails after its switch is taken back', async () => {
    const live = await liveOf(project)
    await using load = loadOf(project)
    project.configure(configOf('rotten', { ROTS_AFTER_MS: '1000' }, { environment: { watch: { for: '60s' } } }))
    const { code } = await project.run(['deploy'])
    assert.equal(code, 1)
    await assertWhole(project, live)
    const failed = (await load.stop()).filter(({ failure }) => failure !== null)
    assert.ok(failed.length > 0, 'there was a breach')
    assert.ok(failed.every(({ release, status }) => status === 500 && release !== live))
  })

  await t.test('the command dies by SIGKILL; resume and abort find what is there', async (tt) => {
    await using load = loadOf(project)
    for (const [where, way] of [
      ['start:api:end', 'resume'],
      ['gate:api:begin', 'abort'],
    ] as const) {
      const before = await liveOf(project)
      project.configure(configOf(`${way}d`))
      const crashed = await project.run(['deploy'], { SEAWORTHY_CRASH_AT: where })
      assert.equal(crashed.signal, 'SIGKILL', `${crashed.stdout}\n${crashed.stderr}`)
      const { running } = await project.status()
      assert.ok(running && !hasTraffic(running.journal))
      await project.must([way])
      await assertWhole(project, way === 'resume' ? running.plan.release.id : before)
    }
    tellLossless(await load.stop(), tt)
  })
})

function tellLossless(answers: Load['answers'], t: { readonly diagnostic: TestContext['diagnostic'] }): void {
  assert.deepEqual(failuresOf(answers), [])
  t.diagnostic(`${answers.length} requests, 0 failed`)
}

function seconds(since: number): string {
  return `${((performance.now() - since) / 1000).toFixed(1)} s`
}
