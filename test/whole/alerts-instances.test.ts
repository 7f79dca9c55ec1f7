/**
 * Instances that really use up their memory and their descriptors, one that does not come up again, and a channel that takes
 * nothing: each fires its alert, what explains another keeps it quiet, and all are over after their faults. Windows and waits
 * are 0.06 of what they are (never below three collections), thresholds as they are.
 */
import assert from 'node:assert/strict'
import { copyFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { watchAlerts } from '../support/alert-watch.ts'
import { startHookSink, type HookSink } from '../support/hook-sink.ts'
import { root, TestProject, until } from '../support/project.ts'

const FACTOR = '0.06'
const WITHIN_MS = 300_000
const MEMORY_MIB = 320
/** Hard and soft: Node raises its own soft limit to the hard one. */
const DESCRIPTORS = 100

const GREEDY = 'node --expose-gc greedy.mjs'
const RULES = [
  'InstanceMemoryHigh',
  'InstanceMemoryCritical',
  'InstanceDescriptorsHigh',
  'InstanceDown',
  'InstancesMissing',
  'RestartingOften',
  'NotificationsFailing',
]

void test('what instances use up, what does not come up and who cannot be told fire their alerts, and are over', async (t) => {
  t.diagnostic(`windows and waits times ${FACTOR}`)
  await using hooks = await startHookSink()
  await using deaf = await startHookSink()
  await using project = new TestProject({})
  const moods = join(project.folder, '.seaworthy', 'moods')
  const mood = (service: string, name: string, value: number | null): void => {
    const file = join(moods, service, name)
    if (value === null) rmSync(file)
    else writeFileSync(file, String(value))
  }
  const service = (name: string, parts: object = {}): object => {
    mkdirSync(join(moods, name), { recursive: true })
    const health = { ready: '/', interval: '1s', deadline: '20s' }
    return { start: GREEDY, health, env: { MOODS: join(moods, name) }, ...parts }
  }
  copyFileSync(join(root, 'test/fixtures/services/greedy.mjs'), join(project.folder, 'greedy.mjs'))
  project.configure({
    name: 'greedy',
    services: {
      cache: service('cache', { resources: { memory: `${MEMORY_MIB}MiB` } }),
      files: service('files', { start: `sh -c 'ulimit -n ${DESCRIPTORS} && exec ${GREEDY}'` }),
      pair: service('pair', { scale: { min: 2 } }),
    },
    gateway: { listen: { http: 0 }, accessLog: false },
    alerts: { channels: { ops: { webhook: 'OPS_URL' }, deaf: { webhook: 'DEAF_URL' } } },
    environments: { local: { target: 'process', watch: { for: '1s' }, drain: '1s' } },
  })
  const env = { OPS_URL: `${hooks.url}/ops`, DEAF_URL: `${deaf.url}/ops`, SEAWORTHY_ALERT_WINDOWS: FACTOR }
  await project.must(['up', '--detach'], env)
  const alerts = watchAlerts(project, t)
  const pids = async (name: string): Promise<readonly (number | null)[]> =>
    (await project.status()).instances.filter((one) => one.service === name).map(({ pid }) => pid)
  const [cachePid] = await pids('cache')
  await alerts.quiet(RULES)

  const at = Date.now()
  deaf.answer(500)
  // Between the two thresholds.
  mood('cache', 'memory', MEMORY_MIB * 0.875)
  mood('files', 'files', DESCRIPTORS * 0.9)
  mood('pair', 'down', 1)
  process.kill((await pids('pair'))[0]!, 'SIGKILL')
  const isExplained = async (rule: string, cause: string): Promise<void> => {
    const held = (await alerts.of(rule))?.held
    assert.equal(held?.stage, 'inhibit', rule)
    assert.match(held.because, new RegExp(cause), rule)
  }
  const isMissing = async (): Promise<void> => {
    // Asked as soon as each fires: the tries to start it again become few.
    await Promise.all([
      alerts.fires(['InstanceDown'], at),
      alerts.fires(['InstancesMissing'], at).then(() => isExplained('InstancesMissing', 'InstanceDown')),
      alerts.fires(['RestartingOften'], at).then(() => isExplained('RestartingOften', 'InstanceDown')),
    ])
    mood('pair', 'down', null)
    await alerts.ends(['InstanceDown', 'InstancesMissing', 'RestartingOften'], Date.now())
  }
  const isUsedUp = async (): Promise<void> => {
    await alerts.fires(['InstanceMemoryHigh'], at)
    await alerts.quiet(['InstanceMemoryCritical'])
    mood('cache', 'memory', MEMORY_MIB * 0.925)
    await alerts.fires(['InstanceMemoryCritical'], at)
    await isExplained('InstanceMemoryHigh', 'InstanceMemoryCritical')
    mood('cache', 'memory', null)
    await alerts.ends(['InstanceMemoryHigh', 'InstanceMemoryCritical'], Date.now())
    assert.deepEqual(await pids('cache'), [cachePid], 'below its limit it was never started again')
  }
  const isOpened = async (): Promise<void> => {
    await alerts.fires(['InstanceDescriptorsHigh'], at)
    assert.equal((await alerts.of('InstanceDescriptorsHigh'))?.labels['service'], 'files')
    mood('files', 'files', null)
    await alerts.ends(['InstanceDescriptorsHigh'], Date.now())
  }
  const isDeaf = async (): Promise<void> => {
    await alerts.fires(['NotificationsFailing'], at)
    assert.equal((await alerts.of('NotificationsFailing'))?.labels['channel'], 'deaf')
    await until(() => incidentsTold(hooks, 'alert.fired', /channel deaf/).length === 1, 'the other channel', WITHIN_MS)
    assert.deepEqual(deaf.of('alert.fired'), [], 'it has taken nothing')
    deaf.answer(200)
    await alerts.ends(['NotificationsFailing'], Date.now())
  }
  await Promise.all([isMissing(), isUsedUp(), isOpened(), isDeaf()])

  // What it missed comes late, and whole: of each incident of these beginning and end, to both.
  const ours = /^(?:pair|files|cache)@|^Only . instances of pair|channel deaf/
  const told = (sink: HookSink, event: string): readonly string[] => incidentsTold(sink, event, ours).toSorted()
  const isWhole = (): boolean =>
    told(hooks, 'alert.fired').length > 0 &&
    [told(hooks, 'alert.resolved'), told(deaf, 'alert.fired'), told(deaf, 'alert.resolved')].every(
      (incidents) => incidents.join() === told(hooks, 'alert.fired').join(),
    )
  await until(isWhole, 'both channels to know the same', WITHIN_MS)
})

/** Each incident once: a graver member is told as well. */
function incidentsTold(sink: HookSink, event: string, title: RegExp): readonly string[] {
  const told = sink.of(event).filter(({ body }) => title.test(String(body['title'])))
  return [...new Set(told.map(({ body }) => String(body['incident'])))]
}
