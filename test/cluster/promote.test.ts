/**
 * `promote` from one namespace of a real cluster to another: by two contexts, with an approval, while staging moves on. Not part
 * of `bin/test`: `KUBECONFIG=… node --test test/cluster/promote.test.ts`
 */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { mkdtempDisposableSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { connectControl } from '../../src/control/api/client.ts'
import type { Status } from '../../src/control/api/contract.ts'
import { openBridge } from '../../src/control/bridge/near-end.ts'
import { bridgeWords } from '../../src/deploy/targets/kubernetes/commands.ts'
import { controlPod } from '../../src/deploy/targets/kubernetes/control.ts'
import { planHash } from '../../src/deploy/plan-hash.ts'
import type { Plan } from '../../src/deploy/plan.ts'
import { AppImages } from '../support/app-images.ts'
import { failuresOf, startLoad } from '../support/load.ts'
import { Namespace } from '../support/namespace.ts'
import { importNodeBase, NamespaceProject } from '../support/namespace-project.ts'
import { plainConfig, type CommandResult } from '../support/project.ts'

const APP = `p${randomUUID().slice(0, 8)}`
const FILE = '.seaworthy/plan.json'
const PROMOTE = ['promote', 'staging', 'production']
const PLANNED = ['deploy', 'production', '--plan', FILE]
const INSTANCES = 'app.kubernetes.io/component=instance'
const IMAGES =
  'jsonpath={range .items[*]}{.metadata.labels.seaworthy\\.release} {.metadata.labels.seaworthy\\.service} {.status.containerStatuses[0].imageID}{"\\n"}{end}'
/** Where the kernel remembers a login, nobody can be somebody else by a variable: the second person then calls control. */
const hasLogin = Number(readFileSync('/proc/self/loginuid', 'utf8')) !== 4_294_967_295

type Place = 'staging' | 'production'

function configOf(namespaces: Readonly<Record<Place, string>>, http = 80): object {
  const health = { ready: '/health/readiness', interval: '1s', timeout: '2s', deadline: '90s' }
  const resources = { cpu: 0.02 }
  const config = plainConfig({
    service: { scale: { min: 2 }, health, resources, env: {}, secrets: ['PLACE'] },
    services: { worker: { start: 'node plain.mjs', resources } },
  })
  const on = (place: Place, context: string) => ({
    target: 'kubernetes',
    context,
    namespace: namespaces[place],
    approval: place === 'production',
    watch: { for: '2s', sample: 1, p95: '100x' },
    drain: '2s',
    overrides: { services: { api: { env: { NAME: `in ${place}` } } } },
  })
  const environments = {
    staging: on('staging', 'local'),
    production: on('production', 'prod'),
    far: { ...on('production', 'far'), approval: false },
  }
  return { ...config, name: APP, gateway: { listen: { http } }, environments }
}

/** Of the same cluster two more contexts: another account of it, and one of a cluster that is somewhere else. */
function writeContexts(file: string): void {
  const shown = execFileSync('kubectl', ['config', 'view', '--raw', '--flatten', '--output', 'json'])
  const config = JSON.parse(shown.toString()) as {
    readonly clusters: readonly { name: string; cluster: { server: string } }[]
    readonly contexts: readonly { name: string; context: object }[]
  }
  const [{ cluster }, { context }] = [config.clusters[0]!, config.contexts[0]!]
  const far = { name: 'far', cluster: { ...cluster, server: 'https://far.example.com' } }
  const contexts = [
    ...config.contexts,
    { name: 'prod', context },
    { name: 'far', context: { ...context, cluster: 'far' } },
  ]
  writeFileSync(file, JSON.stringify({ ...config, clusters: [...config.clusters, far], contexts }), { mode: 0o600 })
}

test('what is proven in one namespace runs in the other, to the very image', { timeout: 900_000 }, async (t) => {
  importNodeBase()
  using images = new AppImages(APP)
  using folder = mkdtempDisposableSync(join(tmpdir(), 'seaworthy-contexts-'))
  await using staging = new Namespace(`${APP}-staging`)
  await using project = new NamespaceProject({
    configOf: (production) => configOf({ staging: staging.name, production }),
    files: { 'version.txt': '1' },
    place: `${APP}-production`,
  })
  const file = join(project.folder, FILE)
  const contexts = join(folder.path, 'config')
  writeContexts(contexts)
  const run = (place: Place, words: readonly string[]): Promise<CommandResult> =>
    project.run(words, { KUBECONFIG: contexts, PLACE: `secret of ${place}` })
  const must = async (place: Place, words: readonly string[]): Promise<string> => {
    const { code, stdout, stderr } = await run(place, words)
    assert.equal(code, 0, `${words.join(' ')}:\n${stdout}\n${stderr}`)
    return stdout
  }
  const refused = async (words: readonly string[], message: RegExp, expected = 1): Promise<void> => {
    const { code, stdout, stderr } = await run('production', words)
    assert.equal(code, expected, `${stdout}\n${stderr}`)
    assert.match(stderr, message)
  }
  const liveOf = async (place: Place): Promise<string> =>
    (JSON.parse(await must(place, ['status', place, '--json'])) as Status).world.live!
  /** What the node says that the live release's pods run. */
  const runs = async (place: Place): Promise<readonly string[]> => {
    const at = place === 'staging' ? staging : project
    const live = await liveOf(place)
    const lines = at.kubectl('get', 'pods', '--selector', INSTANCES, '--output', IMAGES).split('\n')
    const own = lines.filter((line) => line.startsWith(`${live} `)).map((line) => line.slice(live.length + 1))
    assert.deepEqual(
      own.map((line) => line.split(' ')[0]!).toSorted(),
      ['api', 'api', 'worker'],
      `${place}:\n${lines.join('\n')}`,
    )
    return [...new Set(own)].toSorted()
  }
  const told = async (at: Namespace | NamespaceProject): Promise<unknown> => {
    const env = (await (await fetch(`http://${at.address()}/env`)).json()) as Record<string, string>
    return [env['NAME'], env['PLACE']]
  }
  const approve = async (): Promise<void> => {
    if (!hasLogin) {
      const second = { KUBECONFIG: contexts, PLACE: 'secret of production', SUDO_USER: 'otto' }
      return void (await project.must(['approve', FILE, 'production'], second))
    }
    const access = { context: null, namespace: project.namespace }
    const words = bridgeWords(access, controlPod({ app: APP, environment: 'production' }))
    using bridge = { way: openBridge(words, { env: process.env }), [Symbol.dispose]: () => bridge.way.close() }
    const control = connectControl(bridge.way, { awayMs: 30_000 })
    const plan = JSON.parse(readFileSync(file, 'utf8')) as Plan
    await control.call('approval.give', { plan, by: 'otto@elsewhere (pid 1)' }).finally(() => control.close())
  }
  staging.make()
  project.makeNamespace()

  await must('staging', ['deploy', 'staging'])
  await refused(
    [...PROMOTE, '--dry-run'],
    /\[environment\.unreachable\][^→]*→ .*seaworthy up production --detach --empty/,
  )
  await must('production', ['up', 'production', '--empty'])
  const [first, firstId] = [await runs('staging'), await liveOf('staging')]
  assert.equal(first.length, 2)
  await refused(
    ['promote', 'staging', 'far'],
    /the cluster at https:\/\/.* and far on the one at https:\/\/far\.example/,
  )
  await refused(PROMOTE, /\[deploy\.not-approved\]\n[^→]*seaworthy promote staging production --out \.seaworthy/)

  const planned = await must('production', [...PROMOTE, '--out', FILE])
  assert.match(planned, new RegExp(`nothing is live; next: 1-\\w+, promoted from staging, release ${firstId}`))
  assert.doesNotMatch(planned, /prepare:/)
  // Staging moves on, and neither the folder nor the names of images are what they were.
  project.write('version.txt', '2')
  await must('staging', ['deploy', 'staging'])
  const [second, secondId] = [await runs('staging'), await liveOf('staging')]
  assert.equal(new Set([...first, ...second]).size, 4)
  project.write('plain.mjs', 'process.exit(1)')
  images.takeNames()
  const made = images.ids()
  await refused(PLANNED, /nobody has given one +\[deploy\.not-approved\]/)
  await approve()
  assert.match(await must('production', PLANNED), new RegExp(`promoted from staging, release ${firstId}`))
  assert.deepEqual(await runs('production'), first)
  assert.deepEqual(await told(project), ['in production', 'secret of production'])
  assert.deepEqual(await told(staging), ['in staging', 'secret of staging'])

  // The next one, while production is asked all the time.
  await using load = startLoad({ host: project.address(), port: 80, clients: 4, pauseMs: 20 })
  await must('production', [...PROMOTE, '--out', FILE])
  await refused(PLANNED, /nobody has given one +\[deploy\.not-approved\]/)
  await approve()
  const text = readFileSync(file, 'utf8')
  const plan = JSON.parse(text) as Plan
  const { made: proven } = plan.release.promoted!
  const another = first.find((line) => line.startsWith('api '))!.split('//')[1]!
  const promoted = { ...plan.release.promoted!, made: { ...proven, api: another } }
  const other = { ...plan, release: { ...plan.release, promoted } }
  writeFileSync(file, JSON.stringify({ ...other, hash: planHash(other) }))
  await refused(PLANNED, /nobody has given one +\[deploy\.not-approved\]/)
  writeFileSync(file, text)
  const begun = performance.now()
  const done = await must('production', PLANNED)
  t.diagnostic(`promoted under load in ${((performance.now() - begun) / 1000).toFixed(1)} s`)
  assert.match(done, new RegExp(`promoted from staging, release ${secondId}`))
  assert.match(done, /approved by otto@/)
  assert.deepEqual(await runs('production'), second)
  assert.match(await must('production', PROMOTE), /nothing changed/)

  await must('production', ['rollback', 'production'])
  assert.deepEqual(await runs('production'), first)
  await must('production', ['restart', 'production'])
  assert.deepEqual(await runs('production'), first)
  const answers = await load.stop()
  assert.deepEqual(failuresOf(answers), [])
  t.diagnostic(`${answers.length} requests, 0 failed`)
  assert.deepEqual(images.ids(), made)

  // What runs can be looked at and stopped, whatever the config asks for by now.
  project.configure(configOf({ staging: staging.name, production: project.namespace }, 0))
  await refused(['deploy', 'production'], /\[target\.not-yet\]\n +gateway\.listen\.http/, 2)
  assert.match(
    await must('production', ['status', 'production']),
    new RegExp(`promoted from staging, release ${firstId}`),
  )
  assert.match(await must('production', ['logs', 'production', '--service', 'api']), /listening/)
  assert.match(await must('production', ['stop', 'production']), /is stopped; its pods are gone/)
  assert.equal(project.kubectl('get', 'pods', '--selector', INSTANCES, '--output', 'name'), '')
})
