/**
 * The gateway as pods of its own, beside control's, on a real cluster whose nodes run this machine's Docker engine. Not part of
 * `bin/test`: `KUBECONFIG=… node --test test/cluster/gateways.test.ts`
 */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { appendFileSync, cpSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import type { Proof } from '../../src/deploy/proof.ts'
import { failuresOf, startLoad, type Load } from '../support/load.ts'
import { importNodeBase, NamespaceProject } from '../support/namespace-project.ts'
import { plainConfig, root, until } from '../support/project.ts'

const PLACE = 'plain-production'
const GATEWAY = 'app.kubernetes.io/component=gateway'
const PODS = 2
const WORKERS = 2
const WITHIN_MS = 120_000

function configOf(namespace: string, name = 'v1'): object {
  const health = { ready: '/health/readiness', interval: '1s', timeout: '2s', deadline: '90s', passes: 1, failures: 3 }
  // The node has room for few pods beside those of other tests.
  const service = { scale: { min: 2 }, health, resources: { cpu: 0.02 } }
  const config = plainConfig({ env: { NAME: name }, service })
  const watch = { for: '2s', warm: '30min', p95: '100x' }
  const production = { target: 'kubernetes', context: 'local', namespace, watch, drain: '2s' }
  return { ...config, gateway: { listen: { http: 80 }, workers: WORKERS }, environments: { production } }
}

interface Pod {
  readonly name: string
  readonly uid: string
  readonly isReady: boolean
  readonly isLeaving: boolean
  readonly container: string
}

test('gateways as pods of their own', { timeout: 1_200_000 }, async (t) => {
  importNodeBase()
  using other = anotherSeaworthy()
  await using project = new NamespaceProject({
    configOf,
    // Files of their own make images of their own, which no test before has left behind.
    files: { 'test.txt': randomUUID() },
    place: 'plain-production',
  })
  const kubectl = project.kubectl.bind(project)
  const must = async (...words: readonly string[]): Promise<string> => (await project.must(words)).stdout
  const configure = (name: string): void => project.configure(configOf(project.namespace, name))
  const load = (): Load => startLoad({ host: project.address(), port: 80, clients: 4, pauseMs: 20 })
  const nameAt = async (): Promise<string> => {
    const answer = await fetch(`http://${project.address()}/`, { headers: { connection: 'close' } })
    return ((await answer.json()) as { name: string }).name
  }
  const liveOf = async (): Promise<string> =>
    (JSON.parse(await must('status', '--json')) as { world: { live: string } }).world.live
  const gateways = (): readonly Pod[] => podsIn(kubectl('get', 'pods', '--selector', GATEWAY, '--output', 'json'))
  const serving = (): readonly Pod[] => gateways().filter(({ isReady, isLeaving }) => isReady && !isLeaving)
  const untilWhole = (): Promise<void> =>
    until(() => serving().length === PODS, 'all gateway pods to be ready', WITHIN_MS)
  /** Of the switch of a deploy: how many workers have acknowledged it. The witness came through the front door as others do. */
  const deploy = async (...words: readonly string[]): Promise<number> => {
    const lines = (await must(...(words.length === 0 ? ['deploy'] : words), '--json')).trim().split('\n')
    const events = lines.map((line) => JSON.parse(line) as { kind: string; workers: number; proof: Proof | null })
    const { sent, failed, failures } = events.at(-1)!.proof!
    assert.ok(sent > 0)
    assert.deepEqual([failed, failures], [0, []])
    return events.find(({ kind }) => kind === 'switched')!.workers
  }
  project.makeNamespace()

  await t.test('the first deploy installs control and the gateway, each in pods of its own', async (tt) => {
    const begun = performance.now()
    await must('deploy')
    tt.diagnostic(`first deploy, installation and image included: ${seconds(begun)}`)
    assert.equal(await nameAt(), 'v1')
    assert.equal(serving().length, PODS)
    assert.match(await must('doctor'), new RegExp(`✓\\s+gateway\\s+${PODS} of ${PODS} pods are ready`))
  })

  await t.test('the key is made once, and nobody has to be able to read it', async () => {
    const key = (): string =>
      kubectl('get', 'secrets', `${PLACE}-gateway-key`, '--output', 'jsonpath={.metadata.uid} {.data.key}')
    const before = key()
    assert.equal(Buffer.from(before.split(' ')[1]!, 'base64').length, 32)
    assert.doesNotMatch(await must('up'), /replaced|made and started/)
    assert.equal(key(), before)
  })

  await t.test('a switch is acknowledged by every worker of every pod, and loses no request', async (tt) => {
    await using asking = load()
    configure('v2')
    assert.equal(await deploy(), PODS * WORKERS)
    assert.equal(await nameAt(), 'v2')
    assert.equal(await deploy('rollback'), PODS * WORKERS)
    assert.equal(await nameAt(), 'v1')
    tellLossless(await asking.stop(), tt)
  })

  await t.test("control's pod is deleted: the gateways serve on, and the next deploy is as ever", async (tt) => {
    const live = await liveOf()
    await using asking = load()
    kubectl('delete', 'pod', `${PLACE}-control-0`, '--timeout=120s')
    await until(async () => (await project.run(['status'])).code === 0, 'control to answer again', WITHIN_MS)
    assert.equal(await liveOf(), live)
    configure('v3')
    assert.equal(await deploy(), PODS * WORKERS)
    assert.equal(await nameAt(), 'v3')
    tellLossless(await asking.stop(), tt)
  })

  await t.test('a gateway pod that starts while control is away has the table of the last switch', async (tt) => {
    const control = `statefulset/${PLACE}-control`
    await using asking = load()
    kubectl('scale', control, '--replicas=0')
    kubectl('wait', '--for=delete', `pod/${PLACE}-control-0`, '--timeout=120s')
    const [gone] = serving() as [Pod]
    const begun = performance.now()
    kubectl('delete', 'pod', gone.name, '--wait=false')
    await until(() => !gateways().some((one) => one.name === gone.name), `${gone.name} to be gone`, WITHIN_MS)
    await untilWhole()
    tt.diagnostic(`one gone and another ready, without control, after ${seconds(begun)}`)
    kubectl('scale', control, '--replicas=1')
    await until(async () => (await project.run(['status'])).code === 0, 'control to answer again', WITHIN_MS)
    assert.equal(await deploy('restart'), PODS * WORKERS)
    tellLossless(await asking.stop(), tt)
  })

  await t.test('gateway pods are deleted one after the other while deploys run: no request is lost', async (tt) => {
    await using asking = load()
    for (const [index, { name }] of serving().entries()) {
      configure(`v4-${index}`)
      const deploying = deploy()
      kubectl('delete', 'pod', name, '--wait=false')
      await deploying
      assert.equal(await nameAt(), `v4-${index}`)
      await until(() => !gateways().some((one) => one.name === name), `${name} to be gone`, WITHIN_MS)
      await untilWhole()
    }
    tellLossless(await asking.stop(), tt)
  })

  await t.test('`restart gateway` brings fresh pods one after the other, and loses no request', async (tt) => {
    const before = new Set(serving().map(({ uid }) => uid))
    await using asking = load()
    const said = JSON.parse(await must('restart', 'gateway', '--json')) as { pods: string[]; tookMs: number }
    tt.diagnostic(`took ${(said.tookMs / 1000).toFixed(1)} s`)
    assert.deepEqual(
      serving()
        .map(({ name }) => name)
        .toSorted(),
      said.pods.toSorted(),
    )
    assert.ok(serving().every(({ uid }) => !before.has(uid)))
    tellLossless(await asking.stop(), tt)
    // The mark is nobody's business but its own: nothing differs from what is wanted.
    assert.doesNotMatch(await must('up'), /replaced/)
  })

  await t.test('a pod that is gone without goodbye is waited for by nobody', async (tt) => {
    await untilWhole()
    const [lost] = serving() as [Pod]
    kubectl('delete', 'pod', lost.name, '--grace-period=0', '--force')
    configure('v5')
    const begun = performance.now()
    await must('deploy')
    tt.diagnostic(`deploy: ${seconds(begun)}`)
    assert.equal(await nameAt(), 'v5')
    await untilWhole()
  })

  await t.test('one that stands still is named, and nothing is switched without it', async (tt) => {
    const [still] = serving() as [Pod]
    const live = await liveOf()
    configure('v6')
    await standingStill(still, async () => {
      const begun = performance.now()
      const { code, stdout, stderr } = await project.run(['deploy'])
      tt.diagnostic(`refused after ${seconds(begun)}`)
      assert.equal(code, 1, stdout)
      assert.match(stdout + stderr, new RegExp(still.name))
    })
    await until(async () => (await liveOf()) === live, 'what was live to be live', WITHIN_MS)
    await untilWhole()
    await must('deploy')
    assert.equal(await nameAt(), 'v6')
  })

  await t.test("what a gateway's pod says is among the logs", async () => {
    const lines = (await must('logs', '--service', 'gateway', '--json')).trim().split('\n')
    const from = new Set(lines.map((line) => (JSON.parse(line) as { source: string }).source))
    for (const { name } of serving()) assert.ok(from.has(`gateway@${name}`), [...from].join(', '))
  })

  await t.test('another image: control is replaced, then the gateway, and no request is lost', async (tt) => {
    project.program = other.program
    await using asking = load()
    const { installation } = JSON.parse(await must('plan', '--json')) as { installation: { kind: string } }
    // Whatever is of this version will do until `up` is asked for.
    assert.equal(installation.kind, 'nothing')
    const begun = performance.now()
    assert.match(await must('up'), /replaced \(the image is /)
    tt.diagnostic(`replaced in ${seconds(begun)}`)
    assert.equal(await nameAt(), 'v6')
    configure('v7')
    assert.equal(await deploy(), PODS * WORKERS)
    tellLossless(await asking.stop(), tt)
  })

  await t.test('stopped, its pods are gone; `up` brings the same release back', async (tt) => {
    await must('stop')
    assert.equal(kubectl('get', 'pods', '--output', 'name'), '')
    const begun = performance.now()
    await must('up')
    tt.diagnostic(`up again: ${seconds(begun)}`)
    assert.equal(await nameAt(), 'v7')
    await must('stop', '--remove')
    assert.equal(kubectl('get', 'secrets', '--selector', 'seaworthy.app=plain', '--output', 'name'), '')
  })
})

/** Another installation of the same version, whose image is another one. */
function anotherSeaworthy(): { readonly program: string } & Disposable {
  const folder = mkdtempSync(join(tmpdir(), 'seaworthy-other-'))
  for (const name of ['src', 'bin', 'package.json', 'LICENSE'])
    cpSync(join(root, name), join(folder, name), { recursive: true })
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
  appendFileSync(join(folder, 'src/gateway/worker.ts'), `// ${randomUUID()}\n`)
  return {
    program: join(folder, 'bin/seaworthy.js'),
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  }
}

/** Every process of a pod's container, by the ids that this machine gives them; they go on whatever happens meanwhile. */
async function standingStill({ container }: Pod, meanwhile: () => Promise<void>): Promise<void> {
  const [, ...lines] = execFileSync('docker', ['top', container, '-eo', 'pid'], { encoding: 'utf8' }).trim().split('\n')
  const pids = lines.map(Number)
  for (const pid of pids) process.kill(pid, 'SIGSTOP')
  try {
    await meanwhile()
  } finally {
    for (const pid of pids) process.kill(pid, 'SIGCONT')
  }
}

function podsIn(output: string): readonly Pod[] {
  const { items } = JSON.parse(output) as {
    readonly items: readonly {
      readonly metadata: { readonly name: string; readonly uid: string; readonly deletionTimestamp?: string }
      readonly status: {
        readonly conditions?: readonly { readonly type: string; readonly status: string }[]
        readonly containerStatuses?: readonly { readonly containerID?: string }[]
      }
    }[]
  }
  return items.map(({ metadata, status }) => ({
    name: metadata.name,
    uid: metadata.uid,
    isReady: status.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True') ?? false,
    isLeaving: metadata.deletionTimestamp !== undefined,
    container: (status.containerStatuses?.[0]?.containerID ?? '').replace('docker://', ''),
  }))
}

function tellLossless(answers: Load['answers'], t: { readonly diagnostic: TestContext['diagnostic'] }): void {
  assert.deepEqual(failuresOf(answers), [])
  t.diagnostic(`${answers.length} requests, 0 failed`)
}

function seconds(since: number): string {
  return `${((performance.now() - since) / 1000).toFixed(1)} s`
}
