/**
 * Real faults and the alerts they fire: each fires, and is over after its fault is. Windows are a tenth of what they are
 * (never below three collections), thresholds as they are; nothing fires before the first fault.
 */
import assert from 'node:assert/strict'
import { copyFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { get } from 'node:http'
import { join } from 'node:path'
import { test } from 'node:test'
import { startHookSink } from '../support/hook-sink.ts'
import { root, TestProject, until } from '../support/project.ts'
import { startRedis } from '../support/redis-server.ts'

const FACTOR = '0.1'
const FIRES_WITHIN_MS = 150_000
const ENDS_WITHIN_MS = 150_000

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
  // The machine's own load and memory are not what is tried here.
  const stateOf = async (rule: string): Promise<string> => {
    const { alerts } = await project.control.call('alerts.list', {})
    return alerts.filter((alert) => alert.rule === rule).map(({ state }) => state)[0] ?? 'none'
  }
  const fires = async (rule: string, since: number): Promise<void> => {
    await until(async () => (await stateOf(rule)) === 'firing', `${rule} to fire`, FIRES_WITHIN_MS)
    t.diagnostic(`${rule} fired after ${Math.round((Date.now() - since) / 1_000)} s`)
  }
  const ends = async (rule: string, since: number): Promise<void> => {
    await until(async () => (await stateOf(rule)) !== 'firing', `${rule} to end`, ENDS_WITHIN_MS)
    t.diagnostic(`${rule} was over after ${Math.round((Date.now() - since) / 1_000)} s`)
  }
  using traffic = startTraffic(port)
  const own = ['HighErrorRatio', 'CriticalErrorRatio', 'OptionalNeedDown', 'ScrapeFailing']
  const evaluatedAt = async (): Promise<number> => (await project.control.call('alerts.list', {})).evaluatedAtMs
  const begun = Date.now()
  await until(async () => (await evaluatedAt()) > begun + 20_000, 'two quiet looks', 60_000)
  for (const rule of own) assert.equal(await stateOf(rule), 'none', `${rule} before any fault`)

  const at = Date.now()
  mood('fail', true)
  mood('mute', true)
  await cache.kill()
  await Promise.all(own.map((rule) => fires(rule, at)))
  await until(() => hooks.of('alert.fired').length > 0, 'a message', 60_000)
  // An optional need that is gone explains the lighter symptoms of its users; what wakes somebody is told all the same.
  const { alerts } = await project.control.call('alerts.list', {})
  assert.equal(alerts.find(({ rule }) => rule === 'HighErrorRatio')?.held?.stage, 'inhibit')
  assert.equal(alerts.find(({ rule }) => rule === 'CriticalErrorRatio')?.held, null)

  const over = Date.now()
  mood('fail', false)
  mood('mute', false)
  await cache.start()
  await Promise.all(own.map((rule) => ends(rule, over)))
  traffic.stop()
  // The machine's own load is not what is tried here.
  const ours = async () => {
    const { incidents } = await project.control.call('incident.list', { limit: 10 })
    return incidents.filter(({ group }) => /^(?:service|need)\//.test(group))
  }
  const areOver = async (): Promise<boolean> => (await ours()).every(({ resolvedAtMs }) => resolvedAtMs !== null)
  await until(areOver, 'every incident to be over', ENDS_WITHIN_MS)
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

/** Ten requests a second, whatever becomes of them. */
function startTraffic(port: number): { stop(): void } & Disposable {
  const ask = (): void => {
    const request = get({ port, host: '127.0.0.1', agent: false }, (response) => response.resume())
    request.on('error', () => {})
  }
  const timer = setInterval(ask, 100)
  const stop = (): void => clearInterval(timer)
  return { stop, [Symbol.dispose]: stop }
}
