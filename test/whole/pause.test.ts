/** Requests that wait at the gateway while something behind it is changed. */
import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { request as httpRequest } from 'node:http'
import { join } from 'node:path'
import { test } from 'node:test'
import { failuresOf, startLoad } from '../support/load.ts'
import { plainConfig, TestProject, until } from '../support/project.ts'

const PER_SECOND = 200
const HELD = PER_SECOND * 5
const WORKERS = 2

/** Each request on a connection of its own: the kernel keeps connections in the order in which they were made. */
const ORDER_SERVICE = `
import { createServer } from 'node:http'
import { appendFileSync } from 'node:fs'
let connections = 0
const server = createServer((request, response) => {
  response.setHeader('connection', 'close')
  const number = request.socket.number
  if (request.url.startsWith('/held/')) appendFileSync(process.env.ORDER_FILE, number + ' ' + request.url.slice(6) + '\\n')
  request.resume().on('end', () => response.end('done'))
})
server.on('connection', (socket) => (socket.number = connections++))
server.listen({ port: Number(process.env.PORT), host: '127.0.0.1', backlog: 4096 })
`

/** Requests this far apart, 200 ms, come to a worker in their order, however busy the machine is. */
const FAR = 40

test('a pause of 5 s at 200 requests/s: every request is answered, in order for each worker', async (t) => {
  const project = new TestProject({}, { 'order.mjs': ORDER_SERVICE })
  await using _ = project
  const orderFile = join(project.folder, 'order.txt')
  const service = {
    start: 'node order.mjs',
    env: { ORDER_FILE: orderFile },
    health: { ready: '/ready', interval: '1s' },
  }
  // Connections are shared out by the kernel, not evenly: each worker's part has to be large enough for that.
  project.configure(config({ pause: { queue: 2 * HELD }, accessLog: true }, service))
  await project.must(['up', '--detach'])
  const port = await project.port()
  await project.must(['pause'])
  const asked: Asked[] = []
  await everyTick(PER_SECOND, HELD, (index) =>
    asked.push(ask(port, `/held/${index}`, index % 3 === 0 ? 'POST' : 'GET')),
  )
  await until(async () => (await project.status()).paused?.counts.held === HELD, 'all of them to be held')
  assert.ok(
    asked.every((one) => !one.isAnswered()),
    'one was answered during the pause',
  )

  const { stdout } = await project.must(['resume'])
  assert.match(stdout, new RegExp(`${HELD} go on now`))
  const answers = await Promise.all(asked.map(({ answer }) => answer))
  assert.deepEqual(
    answers.filter(({ status }) => status !== 200),
    [],
  )
  const arrivals = readFileSync(orderFile, 'utf8')
    .trim()
    .split('\n')
    .map((line) => line.split(' ').map(Number))
  const arrived = arrivals.toSorted(([a], [b]) => a! - b!).map(([, index]) => index!)
  assert.deepEqual(
    arrived.toSorted((a, b) => a - b),
    asked.map((_one, index) => index),
  )
  const requestsOf = (worker: number): ReadonlySet<number> =>
    new Set([...project.log(`gateway-${worker}`).matchAll(/"path":"\/held\/(\d+)"/g)].map(([, index]) => Number(index)))
  const workers = Array.from({ length: WORKERS }, (_one, index) => index + 1)
  await until(() => workers.reduce((sum, worker) => sum + requestsOf(worker).size, 0) === HELD, 'the access log')
  for (const worker of workers) {
    const own = requestsOf(worker)
    t.diagnostic(`worker ${worker}: ${own.size} requests`)
    const order = arrived.filter((index) => own.has(index))
    assert.deepEqual(overtaken(order), [])
    // The other way round it would have been seen.
    assert.notDeepEqual(overtaken(order.toReversed()), [])
  }
})

test('beyond its bounds a pause answers 503 with Retry-After at once, and the rest in time', async (t) => {
  const bound = 20
  await using project = await startProject({ pause: { queue: bound } })
  const port = await project.port()
  await project.must(['pause', '--wait', '1min'])
  const asked: Asked[] = []
  await everyTick(PER_SECOND, 200, (index) => asked.push(ask(port, `/held/${index}`)))
  await until(() => asked.filter((one) => one.isAnswered()).length >= 200 - bound, 'the overflow to be answered')
  const { paused } = await project.status()
  await until(async () => {
    const { held, overflowed } = (await project.status()).paused!.counts
    return held + overflowed === 200
  }, 'the counts to be told')
  const { held, overflowed } = (await project.status()).paused!.counts
  t.diagnostic(`${held} held, ${overflowed} refused`)
  assert.ok(held > 0 && held <= bound)
  assert.match(paused!.by, /@/)

  await project.must(['resume'])
  const answers = await Promise.all(asked.map(({ answer }) => answer))
  const refused = answers.filter(({ status }) => status === 503)
  assert.deepEqual([refused.length, answers.filter(({ status }) => status === 200).length], [overflowed, held])
  assert.ok(refused.every(({ retryAfter }) => retryAfter === '5'))
})

test('a pause outlives control and workers, and what a worker held is lost with it and counted', async () => {
  await using project = await startProject()
  const port = await project.port()
  await project.must(['pause'])
  const { controlPid, gateway } = await project.status()
  process.kill(controlPid, 'SIGKILL')
  await until(async () => (await project.status()).controlPid !== controlPid, 'control to be back')
  await until(
    async () => (await project.status()).gateway.every(({ version }) => version !== null),
    'workers to connect',
  )
  assert.equal((await project.status()).paused?.kind, 'hold')
  const asked = Array.from({ length: 8 }, (_, index) => ask(port, `/held/${index}`))
  await until(async () => (await project.status()).paused!.counts.held === 8, 'them to be held')
  for (const { pid } of gateway) process.kill(pid!, 'SIGKILL')
  const lost = await Promise.all(asked.map(({ answer }) => answer))
  assert.ok(lost.every(({ status }) => status === null))
  await until(async () => {
    const now = await project.status()
    return now.gateway.every(({ pid, version }) => version !== null && gateway.every((old) => old.pid !== pid))
  }, 'new workers')
  const again = ask(port, '/held/again')
  await until(async () => (await project.status()).paused!.counts.held === 1, 'the new ones to hold')
  assert.equal((await project.status()).paused!.counts.lost, 8)
  await project.must(['resume'])
  assert.equal((await again.answer).status, 200)
})

test('a deploy during a pause switches; what is held goes to the new release, also where the old one is stopped first', async () => {
  for (const strategy of ['blue-green', 'recreate']) {
    await using project = await startProject({}, {}, { strategy })
    const port = await project.port()
    await project.must(['pause'])
    const asked = Array.from({ length: 20 }, (_, index) => ask(port, `/held/${index}`))
    await until(async () => (await project.status()).paused?.counts.held === 20, 'them to be held')
    project.configure(config({}, { env: { NAME: 'v2' } }, { strategy }))
    const { stdout } = await project.must(['deploy'])
    assert.ok(asked.every((one) => !one.isAnswered()))
    // Nobody could be watched: that is said, and the release stays.
    assert.match(stdout, /requests were paused meanwhile/)
    const { last, world } = await project.status()
    assert.deepEqual([last!.state, last!.proof!.failed], ['inconclusive', 0], stdout)
    // The witness of the deploy has taken nobody's place.
    const { held, left, timedOut } = (await project.status()).paused!.counts
    assert.deepEqual([held, left, timedOut], [20, 0, 0])

    await project.must(['resume'])
    const answers = await Promise.all(asked.map(({ answer }) => answer))
    assert.ok(
      answers.every(({ status, release }) => status === 200 && release === world.live),
      strategy,
    )
  }
})

test('a pause and a resume while a deploy drains and upgrades of the gateway lose nothing', async () => {
  await using project = await startProject({}, {}, { drain: '20s' })
  const port = await project.port()
  const slow = ask(port, '/?work=10000')
  await using load = startLoad({ port, clients: 8 })
  project.configure(config({}, { env: { NAME: 'v2' } }, { drain: '20s' }))
  const deployed = project.run(['deploy'])
  await until(async () => {
    const { running } = await project.status()
    return running?.journal.some(({ operation, point }) => operation === 'drain' && point === 'begin') === true
  }, 'the drain to begin')
  // By the API: three commands take their time on a busy machine, and the slow request ends.
  const by = 'test'
  await project.control.call('pause.begin', { kind: 'hold', services: null, waitMs: null, page: null, by })
  await until(async () => (await project.status()).paused!.counts.held > 0, 'requests to be held')
  const held = ask(port, '/held')
  await project.control.call('gateway.upgrade', { by })
  await project.control.call('pause.end', { by })
  const { status, release } = await held.answer
  assert.deepEqual([status, release], [200, (await project.status()).world.live])
  assert.ok(!slow.isAnswered(), 'the slow request was still draining')
  assert.equal((await slow.answer).status, 200)
  assert.equal((await deployed).code, 0)
  // Its worker was retiring by then: the drain has waited for it all the same.
  const { drain } = (await project.status()).last!.proof!
  assert.ok(drain!.finished >= 1 && drain!.cut === 0, JSON.stringify(drain))
  assert.deepEqual(failuresOf(await load.stop()), [])
})

test('maintenance shows the page for the services it names, files too, and nothing else is touched', async () => {
  const services = { web: { static: '.', routes: ['/web'] } }
  await using project = new TestProject({ ...config(), services: { ...servicesOf(config()), ...services } })
  writeFileSync(join(project.folder, 'index.html'), '<h1>open</h1>')
  writeFileSync(join(project.folder, 'closed.html'), '<h1>closed</h1>')
  await project.must(['up', '--detach'])
  const url = `http://127.0.0.1:${await project.port()}`
  await project.must(['pause', '--service', 'web', '--maintenance', '--page', 'closed.html'])
  const page = await fetch(`${url}/web/`)
  assert.deepEqual([page.status, page.headers.get('retry-after'), await page.text()], [503, '30', '<h1>closed</h1>'])
  assert.equal((await fetch(url)).status, 200)
  // Workers tell their counts twice a second.
  await until(async () => (await project.status()).paused!.counts.turnedAway > 0, 'the count of who was turned away')
  const { stdout } = await project.must(['status'])
  assert.match(stdout, /paused +web is in maintenance since .* by .*: 1 turned away/)
  await project.must(['resume'])
  assert.equal(await (await fetch(`${url}/web/`)).text(), '<h1>open</h1>')

  for (const [args, code, what] of [
    [['--page', 'closed.html'], 2, /--page goes with --maintenance/],
    [['--maintenance', '--page', 'missing.html'], 1, /pause.page-unreadable/],
    [['--service', 'wbe'], 1, /service.unknown[^]*Services: api, web/],
    [['--wait', 'soon'], 2, /--wait: expected a duration/],
  ] as const) {
    const result = await project.run(['pause', ...args])
    assert.equal(result.code, code, result.stderr)
    assert.match(result.stderr, what)
  }
  assert.equal((await project.status()).paused, null)
})

// ---- makers

function config(gateway: object = {}, service: object = {}, environment: object = {}): object {
  const { env, ...rest } = service as { env?: Record<string, string> }
  const watch = { for: '500ms', warm: '10min', p95: '100x' }
  return {
    ...plainConfig({ env: env ?? {}, service: rest, environment: { watch, ...environment } }),
    gateway: { listen: { http: 0 }, accessLog: false, workers: WORKERS, ...gateway },
  }
}

function servicesOf(made: object): object {
  return (made as { services: object }).services
}

async function startProject(gateway = {}, service = {}, environment = {}): Promise<TestProject> {
  const project = new TestProject(config(gateway, service, environment))
  try {
    await project.must(['up', '--detach'])
    return project
  } catch (error) {
    await project[Symbol.asyncDispose]()
    throw error
  }
}

interface Asked {
  readonly answer: Promise<{ status: number | null; release: string | null; retryAfter: string | null }>
  isAnswered(): boolean
}

function ask(port: number, path: string, method = 'GET'): Asked {
  let answered = false
  const answer = new Promise<Awaited<Asked['answer']>>((resolve) => {
    const end = (status: number | null, release: string | null, retryAfter: string | null): void => {
      answered = true
      resolve({ status, release, retryAfter })
    }
    const request = httpRequest(
      { host: '127.0.0.1', port, path, method, agent: false, timeout: 60_000 },
      (response) => {
        const headerOf = (name: string): string | null => response.headers[name]?.toString() ?? null
        response.on('error', () => end(null, null, null))
        response.on('end', () => end(response.statusCode!, headerOf('seaworthy-release'), headerOf('retry-after')))
        response.resume()
      },
    )
    request.on('timeout', () => request.destroy())
    request.on('error', () => end(null, null, null))
    request.end(method === 'POST' ? 'some body' : undefined)
  })
  return { answer, isAnswered: () => answered }
}

/** At a rate that does not wait for answers; what a busy machine was late with is made up for. */
async function everyTick(perSecond: number, count: number, act: (index: number) => void): Promise<void> {
  const startedAt = performance.now()
  for (let done = 0; done < count;) {
    const due = Math.min(count, Math.floor(((performance.now() - startedAt) / 1000) * perSecond) + 1)
    while (done < due) act(done++)
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
}

/** Requests that were sent on after one that had come much later. */
function overtaken(order: readonly number[]): readonly number[] {
  let highest = -1
  return order.filter((index) => {
    highest = Math.max(highest, index)
    return highest >= index + FAR
  })
}
