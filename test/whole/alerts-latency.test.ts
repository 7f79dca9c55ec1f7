/**
 * An app whose answers take longer than it has promised: the promise's alert fires, also where no built-in one would, and is
 * over once the answers are fast again. Windows are a two hundredth of what they are (never below three collections).
 */
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { startTraffic, watchAlerts } from '../support/alert-watch.ts'
import { startHookSink } from '../support/hook-sink.ts'
import { TestProject, until } from '../support/project.ts'

const FACTOR = '0.005'
const WITHIN_MS = 300_000
const SLOW = `
  import { readFileSync } from 'node:fs'
  import { createServer } from 'node:http'
  createServer((request, response) => {
    if (request.url.startsWith('/health')) return response.end('ok')
    setTimeout(() => response.end('ok'), Number(readFileSync(process.env.DELAY_FILE, 'utf8')))
  }).listen(process.env.PORT, '127.0.0.1')`

const configOf = (delayFile: string): object => ({
  name: 'reader',
  services: {
    api: {
      start: 'node slow.mjs',
      routes: ['/'],
      health: { ready: '/health', interval: '1s', deadline: '20s' },
      env: { DELAY_FILE: delayFile },
    },
  },
  promises: { read: { on: { service: 'api' }, latency: { p95: '200ms' } } },
  gateway: { listen: { http: 0 }, accessLog: false },
  guard: { connections: { perClient: 200 } },
  alerts: { channels: { ops: { webhook: 'OPS_URL' } } },
  environments: { local: { target: 'process', watch: { for: '1s' }, drain: '1s' } },
})

const PROMISED = ['ReadLatency95Burn6h', 'ReadLatency95Burn1h']
const BUILT_IN = ['SlowAnswers', 'VerySlowAnswers']

void test('answers over the promised latency fire its alert, those within it do not, and it is over after them', async (t) => {
  t.diagnostic(`windows and waits times ${FACTOR}`)
  await using hooks = await startHookSink()
  await using project = new TestProject({})
  const delayFile = join(project.folder, 'delay')
  const delay = (ms: number): void => writeFileSync(delayFile, String(ms))
  delay(20)
  writeFileSync(join(project.folder, 'slow.mjs'), SLOW)
  project.configure(configOf(delayFile))
  await project.must(['up', '--detach'], { OPS_URL: `${hooks.url}/ops`, SEAWORTHY_ALERT_WINDOWS: FACTOR })
  using traffic = startTraffic(await project.port())
  const alerts = watchAlerts(project, t)
  await alerts.quiet([...PROMISED, ...BUILT_IN])

  // Over the promise, and far from what would be slow for anybody.
  const slowAt = Date.now()
  delay(500)
  await alerts.fires(PROMISED, slowAt)
  await until(() => hooks.of('alert.fired').some(({ body }) => body['severity'] === 'P0'), 'the page', WITHIN_MS)
  // The machine's own load is told as well, and may be told first.
  const own = hooks.of('alert.fired').filter(({ body }) => !String(body['title']).startsWith('The machine'))
  assert.match(String(own[0]?.body['title']), /^api spends the budget of read\/latency-0\.95 /)
  await alerts.quiet(BUILT_IN)

  const verySlowAt = Date.now()
  delay(2_500)
  await alerts.fires(BUILT_IN, verySlowAt)
  for (const rule of BUILT_IN) assert.equal((await alerts.of(rule))?.held?.stage, 'inhibit', `${rule} is explained`)

  const over = Date.now()
  delay(20)
  await alerts.ends([...PROMISED, ...BUILT_IN], over)
  await until(() => hooks.of('alert.resolved').length > 0, 'the end to be told', WITHIN_MS)
  t.diagnostic(`its end was told after ${Math.round((Date.now() - over) / 1_000)} s`)
  traffic.stop()
  const titles = hooks.of('alert.fired').map(({ body }) => `${String(body['severity'])} ${String(body['title'])}`)
  for (const title of titles) assert.match(title, /^P[01] api spends the budget|^P\d The machine/)
  const incidents = await alerts.incidents('service/api')
  assert.deepEqual(
    incidents.map(({ severity, reopened }) => [severity, reopened]),
    [['P0', 0]],
  )
})
