/** What runs writes to files; control keeps it: each line once, whatever happens to control, and nobody waits. */
import assert from 'node:assert/strict'
import { readFileSync, readdirSync } from 'node:fs'
import { get } from 'node:http'
import { join } from 'node:path'
import { test } from 'node:test'
import { Problem } from '../../src/core/problem.ts'
import type { LogQuery, StoredLine } from '../../src/observe/logs/line.ts'
import { rotateOutput } from '../../src/keeper/output.ts'
import { TestProject, until } from '../support/project.ts'

const KILLS = 10
const SECRET = 'pass-phrase-4711'

/** Counts aloud without a pause, and tells of each request, whom it asks, and its own secret. */
const SERVER = `
import { createServer, get } from 'node:http'
const say = (level, message, more = {}) => console.log(JSON.stringify({ time: Date.now(), level, message, ...more }))
let count = 0
setInterval(() => say('debug', 'count', { n: 'n' + count++ }), 5)
createServer((request, response) => {
  const { 'x-correlation-id': correlationId, traceparent } = request.headers
  say('info', 'taken by ' + process.env.NAME, { correlationId, traceparent, key: process.env.API_KEY })
  if (request.url === '/api/fails') return response.writeHead(500).end()
  if (request.url === '/api/throws') console.error(new Error('thrown here').stack)
  if (process.env.NAME !== 'api') return response.end('ok')
  response.end('ok')
}).listen(Number(process.env.PORT), '127.0.0.1')
`

void test('lines are kept once each through rotation and the death of control; secrets stay out', async (t) => {
  const service = (name: string): object => ({
    start: 'node server.mjs',
    routes: [name === 'api' ? '/api' : '/'],
    health: { interval: '1s', deadline: '20s' },
    env: { NAME: name },
    secrets: ['API_KEY'],
    grace: '5s',
  })
  const config = {
    name: 'counting',
    services: { api: service('api'), web: service('web') },
    gateway: { listen: { http: 0 }, accessLog: true },
    environments: { local: { target: 'process', watch: { for: '300ms' } } },
  }
  await using project = new TestProject(config, { 'server.mjs': SERVER })
  await project.must(['up', '--detach'], { API_KEY: SECRET })
  const search = async (query: LogQuery, limit = 1_000): Promise<readonly StoredLine[]> => {
    const lines: StoredLine[] = []
    let before: string | null = null
    do {
      const page = await ask(() => project.control.call('logs.search', { query, limit, before }))
      lines.push(...page.lines)
      before = page.next
    } while (before !== null)
    return lines
  }
  const port = await project.port()

  await t.test('one request, everywhere, by its id and by its trace', async () => {
    const trace = '4bf92f3577b34da6a3ce929d0e0e4736'
    await request(port, '/api/x?key=in-the-query', {
      'x-correlation-id': 'order-1',
      traceparent: `00-${trace}-00f067aa0ba902b7-01`,
    })
    await until(async () => (await search({ correlationId: 'order-1' })).length === 2, 'both lines of the request')
    const lines = await search({ correlationId: 'order-1' })
    assert.deepEqual(lines.map(({ service }) => service).toSorted(), ['api', 'gateway'])
    const { world } = await project.status()
    for (const { release, traceId } of lines) assert.deepEqual([release, traceId], [world.live, trace])
    assert.equal((await search({ traceId: trace })).length, 2)
    const ours = lines.find(({ service }) => service === 'api')!
    assert.match(ours.text, /key=\[API_KEY\]/)
    const around = await project.control.call('logs.around', { id: ours.id, count: 5 })
    assert.equal(around.line.id, ours.id)
    assert.equal(around.request.length, 2)
    assert.equal(around.before.length, 5)
    assert.ok(around.before.every(({ service, atMs }) => service === 'api' && atMs <= ours.atMs))
  })

  await t.test('the live tail tells of a line when it comes', async () => {
    // Health checks are taken too.
    const query = { service: 'web', text: 'taken', correlationId: 'tail-1' }
    const { after } = await project.control.call('logs.follow', { query, after: null, waitMs: 0 })
    const waiting = project.control.call('logs.follow', { query, after, waitMs: 20_000 })
    await request(port, '/', { 'x-correlation-id': 'tail-1' })
    assert.deepEqual(
      (await waiting).lines.map(({ correlationId }) => correlationId),
      ['tail-1'],
    )
  })

  await t.test('a stack trace is one line, an error', async () => {
    await request(port, '/api/throws', {})
    await until(async () => (await search({ text: 'thrown here' })).length === 1, 'the error')
    const [error] = await search({ text: 'thrown here' })
    assert.equal(error!.level, 'error')
    assert.match(error!.text, /^Error: thrown here\n {4}at /)
  })

  const api = (await project.status()).instances.find(({ service }) => service === 'api')!.id
  const output = join(project.stateFolder, 'logs', `${api}.log`)
  for (let round = 0; round < KILLS; round++) {
    const { controlPid } = await project.status()
    process.kill(controlPid, 'SIGKILL')
    if (round % 3 === 0) rotateOutput(output, { bytesMax: 1_000 })
    await until(async () => {
      const status = await ask(() => project.status())
      return status.controlPid !== controlPid
    }, 'the next control')
    if (round % 3 === 1) rotateOutput(output, { bytesMax: 1_000 })
    await request(port, '/api/x', { 'x-correlation-id': `after-kill-${round}` })
    await until(
      async () => (await search({ service: 'api', correlationId: `after-kill-${round}` })).length === 1,
      'a line',
    )
  }
  const counts = (await search({ instance: api, text: 'count' })).map(({ text }) => text)
  assert.equal(new Set(counts).size, counts.length, 'a line was kept twice')
  // What the files still hold is the truth: between a copy and its cut the keeper itself may lose a line.
  const written = readdirSync(join(project.stateFolder, 'logs'))
    .filter((name) => name.startsWith(`${api}.log`) && !name.endsWith('.times'))
    .flatMap((name) => readFileSync(join(project.stateFolder, 'logs', name), 'utf8').split('\n'))
    .flatMap((line) => /"n":"(n\d+)"/.exec(line)?.[1] ?? [])
  const last = Number(/n(\d+)$/.exec(counts[0]!)![1])
  const kept = new Set(counts.map((text) => /n=(n\d+)/.exec(text)![1]!))
  assert.ok(last > 200)
  assert.deepEqual(
    written.filter((n) => Number(n.slice(1)) <= last && !kept.has(n)),
    [],
    'a line was lost',
  )
  assert.deepEqual(await search({ text: SECRET.split('-')[0]! }), [])
  for (const name of readdirSync(join(project.stateFolder, 'logs.db')))
    assert.equal(readFileSync(join(project.stateFolder, 'logs.db', name)).includes(SECRET), false, name)

  const { stdout } = await project.must(['logs', '--text', 'taken', '--correlation', 'order-1', '--json'])
  assert.equal(stdout.trim().split('\n').length, 1)
  const exported = await project.must(['logs', '--export', '--service', 'api', '--text', 'taken'])
  const ids = exported.stdout
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as StoredLine).id)
  assert.equal(new Set(ids).size, ids.length)
  assert.ok(ids.length >= KILLS)

  await t.test('a failed request leaves a trace with its spans, a slow one when its minute is over', async () => {
    await request(port, '/api/fails', { 'x-correlation-id': 'failed-1' })
    await until(
      async () => (await project.control.call('traces.list', { because: 'failed' })).traces.length > 0,
      'a trace',
    )
    const [summary] = (await project.control.call('traces.list', { because: 'failed' })).traces
    assert.deepEqual([summary!.route, summary!.correlationId, summary!.instance], ['GET /api', 'failed-1', api])
    const shown = await project.must(['traces', 'show', summary!.traceId])
    assert.match(shown.stdout, /GET \/api .*\n.*\n {0,2}GET \/api[\s\S]*attempt 1[\s\S]*error/)
    const listed = await project.must(['traces', '--failed'])
    assert.ok(listed.stdout.includes(summary!.traceId))
    const [line] = await search({ traceId: summary!.traceId, service: 'api' })
    const around = await project.control.call('logs.around', { id: line!.id, count: 1 })
    assert.deepEqual(
      around.traces.map(({ correlationId }) => correlationId),
      ['failed-1'],
    )
  })
})

/** Control is away for a moment after it was killed, and its thread for another. */
async function ask<T>(call: () => Promise<T>): Promise<T> {
  const until = Date.now() + 20_000
  for (;;) {
    try {
      return await call()
    } catch (error) {
      if (!(error instanceof Problem && error.code === 'logs.busy') || Date.now() > until) throw error
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }
}

function request(port: number, path: string, headers: Record<string, string>): Promise<void> {
  return new Promise((resolve, reject) => {
    get({ host: '127.0.0.1', port, path, headers, agent: false }, (response) => {
      response.resume()
      response.on('end', resolve)
    }).once('error', reject)
  })
}
