/**
 * A Postgres that hangs, that is gone, and that has no room left for one more: each is one page, with what follows from it
 * kept quiet, and over when the server is well again. Windows and waits are half of what they are.
 */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { once } from 'node:events'
import { test, type TestContext } from 'node:test'
import { Client } from 'pg'
import { readCredentials, type Credentials } from '../../src/control/needs/credentials.ts'
import { databaseName } from '../../src/control/needs/postgres-client.ts'
import { POSTGRES_ADMIN } from '../../src/deploy/need-settings.ts'
import { startTraffic, watchAlerts } from '../support/alert-watch.ts'
import { startHookSink, type HookSink, type ReceivedHook } from '../support/hook-sink.ts'
import { TestProject, until } from '../support/project.ts'
import { needOf, query, untilNeed } from '../support/servers.ts'

/** Below it the cause, which is asked every ten seconds, would no longer be known before what follows from it. */
const FACTOR = '0.5'
/** What fails for its users while it is away, and what cannot be collected from it. */
const CHILDREN = ['HighErrorRatio', 'CriticalErrorRatio']

/** Asks the database anew for each request; says that it is well without it, as a service with one need of many would. */
const API = `
  import { createServer } from 'node:http'
  import pg from '${import.meta.resolve('pg')}'
  createServer(async (request, response) => {
    if (request.url.startsWith('/health')) return response.end('ok')
    const client = new pg.Client({ connectionString: process.env.DB_URL, connectionTimeoutMillis: 1000 })
    client.on('error', () => {})
    try {
      await client.connect()
      await client.query('select 1')
      response.end('ok')
    } catch {
      response.writeHead(500).end()
      client.connection.stream.destroy()
    } finally {
      client.end().catch(() => {})
    }
  }).listen(process.env.PORT, '127.0.0.1')`

const CONFIG = {
  name: 'shop',
  needs: { db: { kind: 'postgres' } },
  services: {
    api: {
      start: 'node api.mjs',
      routes: ['/'],
      health: { ready: '/health', interval: '1s', deadline: '20s' },
      uses: { db: 'required' },
    },
  },
  gateway: { listen: { http: 0 }, accessLog: false },
  alerts: { channels: { ops: { webhook: 'OPS_URL' } } },
  environments: { local: { target: 'process', watch: { for: '1s' }, drain: '1s' } },
}

void test(
  'a Postgres that is away is one page, and its end is told',
  { concurrency: true, timeout: 900_000 },
  async (t) => {
    t.diagnostic(`windows and waits times ${FACTOR}`)
    await Promise.all([
      t.test('frozen: whom it has is left hanging, nobody who comes is answered', (t) =>
        isOnePage(t, { fires: ['NeedDown'] }, async ({ project }) => {
          const { pid } = await needOf(project, 'db')
          // From then on it begins no other; those that it has may end before they are told.
          process.kill(pid!, 'SIGSTOP')
          const children = childrenOf(pid!)
          for (const each of children) signalIfThere(each, 'SIGSTOP')
          return async () => {
            for (const each of [...children, pid!]) signalIfThere(each, 'SIGCONT')
          }
        }),
      ),
      t.test('gone: killed, and its port taken by somebody else', (t) =>
        isOnePage(t, { fires: ['NeedDown', 'ScrapeFailing'] }, async ({ project, alerts, credentials }) => {
          const stranger = await takePort(project, credentials.port)
          return async () => {
            const scrape = await alerts.of('ScrapeFailing')
            stranger.close()
            assert.deepEqual([scrape?.labels['target'], scrape?.held?.stage], ['db', 'inhibit'])
          }
        }),
      ),
      t.test('full: somebody holds all of its connections', (t) =>
        isOnePage(
          t,
          { fires: ['NeedDown', 'PostgresConnectionsHigh'] },
          ({ credentials: { port, password } }) =>
            holdAll(`postgres://app:${password}@127.0.0.1:${port}/${databaseName('db')}`),
          allowTwelve,
        ),
      ),
    ])
  },
)

interface World {
  readonly project: TestProject
  readonly alerts: ReturnType<typeof watchAlerts>
  readonly credentials: Credentials
}

/** What fires is told once, as the need's; its users' failures are explained by it, also after it, and told to nobody. */
async function isOnePage(
  t: TestContext,
  { fires }: { readonly fires: readonly string[] },
  fault: (world: World) => Promise<() => Promise<void>>,
  prepare: (world: World) => Promise<void> = async () => {},
): Promise<void> {
  await using hooks = await startHookSink()
  await using project = new TestProject(CONFIG, { 'api.mjs': API })
  await project.must(['up', '--detach'], { OPS_URL: `${hooks.url}/ops`, SEAWORTHY_ALERT_WINDOWS: FACTOR })
  const alerts = watchAlerts(project, t)
  const credentials = readCredentials(project.stateFolder, 'db')!
  const world = { project, alerts, credentials }
  await prepare(world)
  using traffic = startTraffic(await project.port())
  const all = [...fires, ...CHILDREN]
  await alerts.quiet(all)

  const at = Date.now()
  const undo = await fault(world)
  try {
    await alerts.fires(all, at)
    for (const rule of CHILDREN) assert.equal((await alerts.of(rule))?.held?.stage, 'inhibit', rule)
    await until(() => ofThese(hooks, 'alert.fired').length > 0, 'the page')
  } finally {
    await undo()
  }
  const over = Date.now()
  await untilNeed(project, 'db', 'healthy')
  await alerts.ends(all, over)
  await until(() => ofThese(hooks, 'alert.resolved').length > 0, 'the end to be told')
  traffic.stop()
  const incidents = await alerts.incidents('need/db', 'service/api', 'category/infrastructure')
  const [incident, ...others] = incidents.filter(({ title }) => !title.startsWith('The machine'))
  assert.deepEqual([incident?.group, incident?.severity, others], ['need/db', 'P1', []], 'nobody hears of what follows')
  const [fired, ...again] = ofThese(hooks, 'alert.fired')
  assert.match(String(fired!.body['title']), /^db \(postgres\) answers nobody/)
  assert.deepEqual([again, ofThese(hooks, 'alert.resolved').length], [[], 1], 'told once, beginning and end')
}

/** Messages, but for those about the machine that the test runs on. */
function ofThese(hooks: HookSink, event: string): readonly ReceivedHook[] {
  return hooks.of(event).filter(({ body }) => !String(body['title']).startsWith('The machine'))
}

/** Kills the server for as long as it takes to be on its port before its successor. */
async function takePort(project: TestProject, port: number): Promise<Server> {
  const server = createServer((socket) => socket.destroy())
  let isOurs = false
  await until(async () => {
    const { pid } = await needOf(project, 'db')
    if (pid !== null) signalIfThere(pid, 'SIGKILL')
    server.listen(port, '127.0.0.1')
    isOurs = await once(server, 'listening').then(
      () => true,
      () => false,
    )
    return isOurs
  }, 'the port to be free for a moment')
  return server
}

/** Nine for its users, and three for the superuser. */
async function allowTwelve({ project, credentials: { port, adminPassword } }: World): Promise<void> {
  const url = `postgres://${POSTGRES_ADMIN}:${adminPassword}@127.0.0.1:${port}/postgres`
  await query(url, 'alter system set max_connections = 12')
  const { pid } = await needOf(project, 'db')
  process.kill(pid!, 'SIGINT')
  await until(async () => (await needOf(project, 'db')).pid !== pid, 'Postgres to start with fewer connections')
  await untilNeed(project, 'db', 'healthy')
  // Who collects is in, and would not be let in once it is full.
  await until(async () => (await limitOf(project)) === 9, 'its own figures to be collected')
}

async function limitOf(project: TestProject): Promise<number | null> {
  const query = 'seaworthy_postgres_connections_limit'
  const { values } = await project.control.call('series.query', { query, at: null })
  return values.length === 0 ? null : Number(values[0]!.value)
}

/** Takes every connection that can be had, also those that others give back; returns what lets go of them. */
async function holdAll(url: string): Promise<() => Promise<void>> {
  const held: Client[] = []
  const letGo = new AbortController()
  let refusals = 0
  const work = (async () => {
    while (!letGo.signal.aborted) {
      const client = new Client({ connectionString: url, connectionTimeoutMillis: 1_000 })
      client.on('error', () => {})
      const isIn = await client.connect().then(
        () => true,
        () => false,
      )
      if (isIn) held.push(client)
      else {
        refusals += 1
        await new Promise((resolve) => setTimeout(resolve, 20))
      }
    }
  })()
  await until(() => refusals > 0, 'Postgres to be full')
  return async () => {
    letGo.abort()
    await work
    await Promise.all(held.map((client) => client.end().catch(() => {})))
  }
}

function childrenOf(pid: number): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => {
      try {
        return readFileSync(`/proc/${name}/stat`, 'utf8').split(') ')[1]?.split(' ')[1] === String(pid)
      } catch {
        return false
      }
    })
    .map(Number)
}

function signalIfThere(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch {
    // It has ended.
  }
}
