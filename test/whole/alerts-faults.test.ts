/**
 * Real faults and the alerts they fire: each fires, and is over after its fault is. Windows are a tenth of what they are
 * (never below three collections), thresholds as they are; nothing fires before the first fault.
 */
import assert from 'node:assert/strict'
import { copyFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { startTraffic, watchAlerts } from '../support/alert-watch.ts'
import { startHookSink } from '../support/hook-sink.ts'
import { root, TestProject, until } from '../support/project.ts'
import { startRedis } from '../support/redis-server.ts'

const FACTOR = '0.1'
const TOLD_WITHIN_MS = 150_000
const RULES = ['HighErrorRatio', 'CriticalErrorRatio', 'OptionalNeedDown', 'ScrapeFailing']

const configOf = (moods: string): object => ({
  name: 'moody',
  needs: { cache: { kind: 'redis', role: 'cache', url: 'CACHE_URL' } },
  services: {
    api: {
      start: 'node moody.mjs',
      routes: ['/'],
      health: { ready: '/health', interval: '1s', deadline: '20s' },
      env: { MOODS: moods },
      uses: { cache: 'optional' },
    },
  },
  gateway: { listen: { http: 0 }, accessLog: false },
  alerts: { channels: { ops: { webhook: 'OPS_URL' } } },
  environments: { local: { target: 'process', watch: { for: '1s' }, drain: '1s' } },
})

void test('faults fire their alerts, none before, and each is over after its fault', async (t) => {
  t.diagnostic(`windows and waits times ${FACTOR}`)
  await using hooks = await startHookSink()
  await using cache = await startRedis({ keeps: false })
  const env = { OPS_URL: `${hooks.url}/ops`, CACHE_URL: cache.url, SEAWORTHY_ALERT_WINDOWS: FACTOR }
  await using project = new TestProject({})
  const moods = join(project.folder, '.seaworthy', 'moods')
  mkdirSync(moods, { recursive: true })
  copyFileSync(join(root, 'test/fixtures/services/moody.mjs'), join(project.folder, 'moody.mjs'))
  project.configure(configOf(moods))
  await project.must(['up', '--detach'], env)
  const port = await project.port()
  const mood = (name: string, isOn: boolean): void => {
    if (isOn) writeFileSync(join(moods, name), '')
    else rmSync(join(moods, name))
  }
  const alerts = watchAlerts(project, t)
  using traffic = startTraffic(port)
  await alerts.quiet(RULES)

  const at = Date.now()
  mood('fail', true)
  mood('mute', true)
  await cache.kill()
  await alerts.fires(RULES, at)
  await until(() => hooks.of('alert.fired').length > 0, 'a message', 60_000)
  // An optional need that is gone explains the lighter symptoms of its users; what wakes somebody is told all the same.
  assert.equal((await alerts.of('HighErrorRatio'))?.held?.stage, 'inhibit')
  assert.equal((await alerts.of('CriticalErrorRatio'))?.held, null)

  const over = Date.now()
  mood('fail', false)
  mood('mute', false)
  await cache.start()
  await alerts.ends(RULES, over)
  traffic.stop()
  // The machine's own load is not what is tried here.
  const ours = async () => {
    const { incidents } = await project.control.call('incident.list', { limit: 10 })
    return incidents.filter(({ group }) => /^(?:service|need)\//.test(group))
  }
  const areOver = async (): Promise<boolean> => (await ours()).every(({ resolvedAtMs }) => resolvedAtMs !== null)
  await until(areOver, 'every incident to be over', TOLD_WITHIN_MS)
  const ids = (await ours()).map(({ id }) => id).toSorted()
  const told = (event: string): readonly string[] =>
    hooks
      .of(event)
      .map(({ body }) => String(body['incident']))
      .filter((id) => ids.includes(id))
      .toSorted()
  await until(() => told('alert.resolved').length === ids.length, 'every end to be told')
  assert.deepEqual([told('alert.fired'), told('alert.resolved')], [ids, ids], 'each told once, beginning and end')
})
