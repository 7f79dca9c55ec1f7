/** The guard over gateways that are programs of their own: one count, one list of blocks, and secrets that travel. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { statusesFor, statusFor } from '../support/clients.ts'
import { startGateways, WORKERS } from '../support/gateways.ts'
import { plainConfig, until } from '../support/project.ts'
import { scrape } from '../support/scrape.ts'

const [COUNTED, BLOCKED, KNOWN] = ['127.0.0.4', '127.0.0.5', '127.0.0.6']
const QUOTA = 40
const ENOUGH = 40

void test('limits, blocks and keys hold at every worker of every gateway, and for one that starts without control', async (t) => {
  const guard = {
    connections: { perClient: 200 },
    identity: { keys: 'API_KEYS', protect: ['/private'] },
    limits: [{ on: 'GET /counted', allow: `${QUOTA}/h`, burst: QUOTA }],
  }
  await using gateways = await startGateways({ ...plainConfig(), guard })
  const { project } = gateways
  const { key, entry } = JSON.parse((await project.must(['guard', 'key', 'ci', '--json'])).stdout) as {
    readonly key: string
    readonly entry: string
  }
  const [one, two] = [gateways.start('one'), gateways.start('two')]
  await gateways.untilConnected('one', 'two')
  await project.must(['deploy'], { API_KEYS: entry })
  const both = [one.port, two.port]

  const statuses = (headers: Readonly<Record<string, string>>): Promise<readonly number[]> =>
    Promise.all(both.map((port) => statusFor(port, KNOWN, '/private', { headers })))
  assert.deepEqual(await statuses({}), [401, 401])
  assert.deepEqual(await statuses({ 'x-api-key': key }), [200, 200])

  const counted = await Promise.all(both.map((port) => statusesFor(port, COUNTED, QUOTA, '/counted')))
  const passed = counted.reduce((sum, { 200: count = 0 }) => sum + count, 0)
  const refused = counted.reduce((sum, { 429: count = 0 }) => sum + count, 0)
  t.diagnostic(`${passed} of ${QUOTA} passed, ${refused} were refused`)
  assert.deepEqual([passed <= QUOTA, passed + refused], [true, 2 * QUOTA])
  // Within the time of the test at most one comes back; each worker may hold some that the others do not get.
  assert.ok(passed > QUOTA / 2)

  const order = { address: BLOCKED, reason: 'test', forMs: null, by: 'anna@test' }
  const { reached } = await project.control.call('guard.block', order)
  assert.deepEqual(reached, { applied: 2 * WORKERS, workers: 2 * WORKERS })
  const refusedEverywhere = async (): Promise<void> => {
    for (const port of both) assert.deepEqual(await statusesFor(port, BLOCKED, ENOUGH), { 403: ENOUGH })
  }
  await refusedEverywhere()

  const { gateway, controlPid } = await project.status()
  assert.deepEqual(
    gateway.map((worker) => [worker.gateway, worker.worker, worker.version === null]),
    ['one', 'two'].flatMap((name) => [1, 2].map((number) => [name, number, false])),
  )
  await until(async () => {
    const now = await scrape(project.control)
    return ['one', 'two'].every((name) => now.sum('seaworthy_gateway_up', { gateway: name }) === 1)
  }, 'the gateways among the metrics')

  process.kill(controlPid, 'SIGSTOP')
  const killed = gateway.filter((worker) => worker.gateway === 'two').map(({ pid }) => pid!)
  for (const pid of killed) process.kill(pid, 'SIGKILL')
  const started = (): number => [1, 2].filter((n) => two.log(`gateway-${n}`).split('"listening"').length > 2).length
  await until(() => started() === WORKERS, 'both workers again')
  await refusedEverywhere()
  assert.deepEqual(await statuses({}), [401, 401])
  assert.deepEqual(await statuses({ 'x-api-key': key }), [200, 200])
  process.kill(controlPid, 'SIGCONT')
  await gateways.untilConnected('one', 'two')
})
