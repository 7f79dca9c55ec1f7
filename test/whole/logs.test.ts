import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { get } from 'node:http'
import { join } from 'node:path'
import { test } from 'node:test'
import { plainConfig, root, TestProject, until } from '../support/project.ts'

/** Writes a line about each request, with the id that it was given. */
const SERVER = `
import { createServer } from 'node:http'
const say = (level, message, more = {}) => console.log(JSON.stringify({ time: new Date().toISOString(), level, message, ...more }))
createServer((request, response) => {
  const level = request.url === '/warn' ? 'warn' : 'info'
  const { 'x-correlation-id': correlationId, traceparent } = request.headers
  say(level, 'order taken', { correlationId, traceparent })
  if (request.url === '/api/fails') response.statusCode = 500
  response.end('ok')
}).listen(Number(process.env.PORT), '127.0.0.1', () => say('info', process.env.NAME + ' listens'))
`

interface Line {
  readonly time: string
  readonly source: string
  readonly service: string
  readonly release: string | null
  readonly level: string
  readonly correlation: string | null
  readonly trace: string | null
  readonly message: string
  readonly id: string | null
}

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736'

void test('logs: filters, one request everywhere, following files that appear later', async () => {
  const service = (name: string): object => ({
    start: 'node server.mjs',
    routes: [`/${name}`],
    health: { interval: '1s', deadline: '20s' },
    grace: '5s',
  })
  const config = (name: string): object => ({
    ...plainConfig({
      service: { ...service('api'), env: { NAME: name } },
      services: { web: { ...service('web'), routes: ['/'], env: { NAME: 'web' } } },
    }),
    gateway: { listen: { http: 0 }, accessLog: true },
  })
  await using project = new TestProject(config('first'), { 'server.mjs': SERVER })
  await project.must(['up', '--detach'])
  const logs = async (...args: string[]): Promise<readonly Line[]> => {
    const { stdout } = await project.must(['logs', '--json', ...args])
    return stdout
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Line)
  }
  const sources = (lines: readonly Line[]): readonly string[] =>
    [...new Set(lines.map(({ source }) => source))].toSorted()
  const port = await project.port()
  const id = 'order-4711-abcdef'
  await ask(port, '/api/fails', { 'x-correlation-id': id, traceparent: `00-${TRACE}-00f067aa0ba902b7-01` })
  await ask(port, '/warn', {})
  const instanceOf = async (service: string): Promise<string> => {
    const { instances, world } = await project.status()
    return instances.find((one) => one.service === service && one.release === world.live)!.id
  }
  const [api, web] = [await instanceOf('api'), await instanceOf('web')]

  await until(async () => (await logs('--id', id)).length === 2, 'both lines of the request')
  const both = await logs('--id', id)
  const { live } = (await project.status()).world
  assert.deepEqual(
    both.map(({ correlation, trace, release }) => [correlation, trace, release]),
    [id, id].map(() => [id, TRACE, live]),
  )
  assert.deepEqual(sources(both), [api, 'gateway'])
  assert.deepEqual(await logs('--trace', TRACE), both)

  // From the request's lines to its release, its trace and its spans.
  const shownTrace = `\`seaworthy traces show ${TRACE}\``
  await until(async () => (await project.must(['logs', '--id', id])).stderr.includes(shownTrace), 'the spans')
  const { stdout, stderr } = await project.must(['logs', '--id', id])
  assert.deepEqual(stderr.trim().split('\n'), [`→ release ${live}`, `→ trace ${TRACE}: ${shownTrace}`])
  assert.match(stdout, new RegExp(`order taken {2}id=${id}\\n`))
  for (const name of [TRACE, id]) {
    const shown = await project.must(['traces', 'show', name])
    assert.match(
      shown.stdout,
      new RegExp(`GET /api .*release ${live}, ${api}\\n.*${TRACE}, request ${id}\\n.*\\n.*guard and route`),
    )
  }

  assert.deepEqual(sources(await logs('--service', 'web')), [web])
  assert.deepEqual(sources(await logs('--instance', api)), [api])
  assert.deepEqual(sources(await logs('--service', 'control')), ['control'])
  assert.ok((await logs('--service', 'gateway')).every(({ source }) => source === 'gateway'))
  await until(async () => (await logs('--level', 'warn', '--service', 'web')).length > 0, 'the warning')
  const warnings = await logs('--level', 'warn', '--service', 'web')
  assert.deepEqual(
    warnings.map(({ level, message }) => [level, message]),
    [['warn', 'order taken']],
  )
  assert.equal((await logs('--since', '1h', '--until', '30min')).length, 0)
  assert.ok((await logs('--since', '10min')).length > 5)
  assert.equal((await logs('-n', '3')).length, 3)
  const times = (await logs()).map(({ time }) => time)
  assert.deepEqual(times, times.toSorted(), 'merged by time')

  const following = follow(project)
  await until(() => following.started(), 'the logs so far')
  const later = 'order-4712-abcdef'
  await ask(port, '/api', { 'x-correlation-id': later })
  await until(() => following.text().includes(`order taken  id=${later}`), 'a new line')
  project.configure(config('second'))
  await project.must(['deploy'])
  await until(() => following.text().includes('second listens'), 'a line of a file that was not there')
  assert.equal(following.text().split(`order taken  id=${later}`).length, 2, 'once')

  // Control is started again: nothing is left out, and nothing told twice.
  const { controlPid } = await project.status()
  process.kill(controlPid, 'SIGKILL')
  const meanwhile = 'order-4713-abcdef'
  await ask(port, '/api', { 'x-correlation-id': meanwhile })
  await until(() => following.text().includes(`order taken  id=${meanwhile}`), 'a line from while control was away')
  for (const one of [later, meanwhile]) assert.equal(following.text().split(`order taken  id=${one}`).length, 2, 'once')
  assert.equal(await following.interrupt(), 0)

  // Control does not answer: there are the files, and it is said.
  const stalled = (await project.status()).controlPid
  process.kill(stalled, 'SIGSTOP')
  try {
    const fromFiles = await project.must(['logs', '--json', '--service', 'api', '--id', id])
    assert.match(fromFiles.stderr, /control does not answer: these lines come from the files/)
    const [line] = fromFiles.stdout.trim().split('\n')
    const read = JSON.parse(line!) as Line
    const kept = both.find(({ source }) => source === api)!
    assert.deepEqual(read, { ...kept, id: null })
  } finally {
    process.kill(stalled, 'SIGCONT')
  }

  // Stopped: whoever follows is told and done, and what was written can be read.
  const last = follow(project)
  await until(() => last.started(), 'the logs so far')
  await project.must(['stop'])
  assert.equal(await last.ended, 0)
  assert.match(last.errors(), /the environment was stopped/)
  const after = await project.must(['logs', '--service', 'api', '--id', id])
  assert.match(after.stdout, /order taken/)
  assert.match(after.stderr, /come from the files/)
})

function follow(project: TestProject) {
  const child = spawn(process.execPath, [join(root, 'bin/seaworthy.js'), 'logs', '-f'], {
    cwd: project.folder,
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'] },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let text = ''
  child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()))
  let errors = ''
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()))
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
  return {
    text: () => text,
    errors: () => errors,
    ended,
    started: () => text.includes('first listens'),
    interrupt: () => {
      child.kill('SIGINT')
      return ended
    },
  }
}

function ask(port: number, path: string, headers: Record<string, string>): Promise<void> {
  return new Promise((resolve, reject) => {
    get({ host: '127.0.0.1', port, path, headers, agent: false }, (response) => {
      response.resume()
      response.on('end', resolve)
    }).once('error', reject)
  })
}
