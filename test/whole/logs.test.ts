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
  say(level, 'order taken', { correlationId: request.headers['x-correlation-id'] })
  response.end('ok')
}).listen(Number(process.env.PORT), '127.0.0.1', () => say('info', process.env.NAME + ' listens'))
`

interface Line {
  readonly time: string
  readonly source: string
  readonly level: string
  readonly correlation: string | null
  readonly message: string
}

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
  await ask(port, '/api', { 'x-correlation-id': id })
  await ask(port, '/warn', {})
  const instanceOf = async (service: string): Promise<string> => {
    const { instances, world } = await project.status()
    return instances.find((one) => one.service === service && one.release === world.live)!.id
  }
  const [api, web] = [await instanceOf('api'), await instanceOf('web')]

  // The gateway gathers its access lines for a moment.
  await until(async () => (await logs('--id', id)).length === 2, 'both lines of the request')
  const both = await logs('--id', id)
  assert.deepEqual(
    both.map(({ correlation }) => correlation),
    [id, id],
  )
  assert.deepEqual(
    sources(both).map((source) => source.replace(/-\d+$/, '')),
    [api.replace(/-\d+$/, ''), 'gateway'],
  )

  assert.deepEqual(sources(await logs('--service', 'web')), [web])
  assert.deepEqual(sources(await logs('--instance', api)), [api])
  assert.deepEqual(sources(await logs('--service', 'control')), ['control'])
  assert.ok((await logs('--service', 'gateway')).every(({ source }) => source.startsWith('gateway-')))
  const warnings = await logs('--level', 'warn', '--service', 'web')
  assert.deepEqual(
    warnings.map(({ level, message }) => [level, message.split(' correlationId')[0]]),
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
  await until(() => following.text().includes(`order taken correlationId=${later}`), 'a new line')
  project.configure(config('second'))
  await project.must(['deploy'])
  await until(() => following.text().includes('second listens'), 'a line of a file that was not there')
  assert.equal(following.text().split(`order taken correlationId=${later}`).length, 2, 'once')
  assert.equal(await following.interrupt(), 0)
})

function follow(project: TestProject) {
  const child = spawn(process.execPath, [join(root, 'bin/seaworthy.js'), 'logs', '-f'], {
    cwd: project.folder,
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'] },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let text = ''
  child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()))
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
  return {
    text: () => text,
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
