/**
 * What clients really do: refused logins, few and then many, attacks, requests over a limit, requests that stay away, and
 * requests that are slow or fail a promise. Each fires its alert and is over after it; every refusal is counted once. A week is 90 s and
 * every window 30 s, which is three collections; thresholds as they are.
 */
import assert from 'node:assert/strict'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { watchAlerts } from '../support/alert-watch.ts'
import { startHookSink } from '../support/hook-sink.ts'
import { TestProject, until } from '../support/project.ts'
import { startPacedClient, type PacedClient } from '../support/paced-client.ts'

const FACTOR = '0.00015'
const WEEK_S = Math.floor(7 * 24 * 3_600 * Number(FACTOR))
const WITHIN_MS = 300_000
/** More than 1,000 in a window of 30 s. */
const USUAL_PER_SECOND = 60

const SERVICE = `
  import { existsSync } from 'node:fs'
  import { createServer } from 'node:http'
  createServer((request, response) => {
    const isRefused = request.url === '/login' && request.method === 'POST'
    const isFailing = request.url === '/orders' && existsSync(process.env.FAILING_FILE)
    request.resume()
    setTimeout(() => response.writeHead(isRefused ? 401 : isFailing ? 500 : 200).end(), request.url === '/reports/all' ? 5500 : 0)
  }).listen(process.env.PORT, '127.0.0.1')`

const configOf = (failing: string): object => {
  const service = (...routes: readonly string[]): object => ({
    start: 'node service.mjs',
    routes,
    health: { ready: '/health', interval: '1s', deadline: '20s' },
    env: { FAILING_FILE: failing },
  })
  return {
    name: 'town',
    services: {
      shop: service('/shop'),
      members: service('/login', '/limited'),
      orders: service('/orders'),
      reports: service('/reports'),
    },
    promises: { order: { on: { service: 'orders' }, availability: '99.9%' } },
    guard: {
      connections: { perClient: 200 },
      // Who is locked out fails no more: here they go on.
      lockout: { after: 1_000_000 },
      limits: [{ on: '/limited', allow: '1/s' }],
    },
    gateway: { listen: { http: 0 }, accessLog: false },
    alerts: { channels: { ops: { webhook: 'OPS_URL' } } },
    environments: { local: { target: 'process', watch: { for: '1s' }, drain: '1s' } },
  }
}

const PROMISED = ['OrderAvailabilityBurn6h', 'OrderAvailabilityBurn1h']
const FAILED = ['HighErrorRatio', 'CriticalErrorRatio']
const LIGHT = ['FailedLogins', 'ManyRequestsRefused', 'SlowestAnswers', ...PROMISED, ...FAILED]
const FLOODS = ['FailedLoginsFlood', 'AttackFlood']
const ALL = [...LIGHT, ...FLOODS, 'FewRequests']

void test('refused logins, attacks, limits, failures and silence fire their alerts, and each is over after it', async (t) => {
  t.diagnostic(`windows and waits times ${FACTOR}: a week is ${WEEK_S} s`)
  await using hooks = await startHookSink()
  await using project = new TestProject({}, { 'service.mjs': SERVICE })
  const failing = join(project.folder, 'failing')
  project.configure(configOf(failing))
  await project.must(['up', '--detach'], { OPS_URL: `${hooks.url}/ops`, SEAWORTHY_ALERT_WINDOWS: FACTOR })
  const port = await project.port()
  const alerts = watchAlerts(project, t)
  const isExplained = async (rule: string, cause: string): Promise<void> => {
    const held = (await alerts.of(rule))?.held
    assert.equal(held?.stage, 'inhibit', rule)
    assert.match(held.because, new RegExp(cause), rule)
  }
  const valueOf = async (query: string): Promise<number | null> => {
    const { values } = await project.control.call('series.query', { query, at: null })
    return values.length === 0 ? null : Number(values[0]!.value)
  }

  using shoppers = startPacedClient({ port, from: '127.0.0.2', path: '/shop' }, USUAL_PER_SECOND)
  using _buyers = startPacedClient({ port, from: '127.0.0.3', path: '/orders' }, 10)
  using guesser = startPacedClient({ port, from: '127.0.0.4', path: '/login', form: 'user=anna&password=x' }, 0)
  using attacker = startPacedClient({ port, from: '127.0.0.5', path: "/login?q=1'%20OR%20'1'%3D'1" }, 0)
  // Of its service's requests 3 % are slow: more than one, and less than five.
  using _readers = startPacedClient({ port, from: '127.0.0.7', path: '/reports/one' }, 10)
  using patient = startPacedClient({ port, from: '127.0.0.7', path: '/reports/all' }, 0)
  using hasty = startPacedClient({ port, from: '127.0.0.6', path: '/limited' }, 0)
  await alerts.quiet(ALL)

  const misuse = async (): Promise<void> => {
    const at = Date.now()
    writeFileSync(failing, '')
    guesser.setRate(2)
    hasty.setRate(5)
    patient.setRate(0.3)
    await alerts.fires(LIGHT, at)
    await isExplained('OrderAvailabilityBurn6h', 'OrderAvailabilityBurn1h')
    for (const rule of FAILED) await isExplained(rule, 'OrderAvailabilityBurn1h')
    await alerts.quiet(FLOODS)

    const floodAt = Date.now()
    guesser.setRate(40)
    attacker.setRate(150)
    await alerts.fires(FLOODS, floodAt)
    await isExplained('FailedLogins', 'FailedLoginsFlood')

    const overAt = Date.now()
    for (const client of [guesser, attacker, hasty, patient]) client.setRate(0)
    rmSync(failing)
    await alerts.ends([...LIGHT, ...FLOODS], overAt)
    await isCountedOnce(t, valueOf, 'seaworthy_failed_logins_total', guesser, 401)
    await isCountedOnce(t, valueOf, 'seaworthy_security_events_total{class="login-failed"}', guesser, 401)
    await isCountedOnce(t, valueOf, 'seaworthy_limited_requests_total', hasty, 429)
    await isCountedOnce(t, valueOf, 'seaworthy_security_events_total{class="rate-limited"}', hasty, 429)
    await isCountedOnce(t, valueOf, 'seaworthy_security_events_total{class=~"sqli|blocked"}', attacker, 403)
  }
  const silence = async (): Promise<void> => {
    const usual = `sum(increase(seaworthy_watched_requests_total{watch="service/shop"}[30s] offset ${WEEK_S}s))`
    await until(async () => ((await valueOf(usual)) ?? 0) > 1_000, 'requests of a week ago', WITHIN_MS)
    await alerts.quiet(['FewRequests'])
    const at = Date.now()
    shoppers.setRate(0)
    await alerts.fires(['FewRequests'], at)
    const overAt = Date.now()
    shoppers.setRate(USUAL_PER_SECOND)
    await alerts.ends(['FewRequests'], overAt)
    assert.ok(((await valueOf(usual)) ?? 0) > 1_000, 'it is over since they are back, not since the week is')
  }
  await Promise.all([misuse(), silence()])

  // One incident of each, told from its beginning to its end.
  const incidents = (): ReturnType<typeof alerts.incidents> =>
    alerts.incidents('service/members', 'service/orders', 'service/reports', 'category/security')
  const areOver = async (): Promise<boolean> => (await incidents()).every(({ resolvedAtMs }) => resolvedAtMs !== null)
  await until(areOver, 'the end of the incidents', WITHIN_MS)
  const ours = await incidents()
  assert.deepEqual(ours.map(({ group, severity }) => `${group} ${severity}`).toSorted(), [
    'category/security P1',
    'service/members P1',
    'service/orders P0',
    'service/reports P1',
  ])
  const isTold = (event: string): boolean =>
    ours.every(({ id }) => hooks.of(event).some(({ body }) => body['incident'] === id))
  await until(() => isTold('alert.fired') && isTold('alert.resolved'), 'each to be told', WITHIN_MS)
})

/** As often as its client was answered so; of a request whose answer nobody saw it is not known. */
async function isCountedOnce(
  t: TestContext,
  valueOf: (query: string) => Promise<number | null>,
  selector: string,
  client: PacedClient,
  status: number,
): Promise<void> {
  await until(() => client.isIdle(), 'the last answer')
  const [least, most] = [client.answered(status), client.answered(status) + client.broken()]
  let counted: number | null = null
  const isIt = async (): Promise<boolean> => {
    counted = await valueOf(`sum(${selector})`)
    return counted !== null && counted >= least
  }
  await until(isIt, `${selector} to be ${least}`, 60_000).catch((error: unknown) => {
    throw new Error(`${selector} is ${counted} of ${least} to ${most}`, { cause: error })
  })
  assert.ok(counted! <= most, `${selector} is ${counted}, of ${least} to ${most}`)
  t.diagnostic(`${selector} is ${counted}: ${least} answers of ${status}, ${client.broken()} unseen`)
}
