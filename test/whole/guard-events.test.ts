/** Security events of a real environment: kept over kills, verified, asked for by command; feeds; who may call control. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { eventFiles } from '../../src/control/guard/events/files.ts'
import type { EventRecord } from '../../src/control/guard/events/record.ts'
import { socketPath } from '../../src/keeper/paths.ts'
import { statusesFor, statusFor } from '../support/clients.ts'
import { plainConfig, TestProject, until } from '../support/project.ts'

const ATTACK = "/search?q=1'%20OR%20'1'%3D'1"
const OPERATOR = 'anna@test'

function configOf(guard: object = {}): object {
  return {
    ...plainConfig(),
    gateway: { listen: { http: 0 }, workers: 2, accessLog: false },
    guard: { connections: { perClient: 200 }, ...guard },
  }
}

async function eventsOf(project: TestProject, ...options: readonly string[]): Promise<readonly EventRecord[]> {
  return JSON.parse(
    (await project.must(['guard', 'events', '--json', '--limit', '10000', ...options])).stdout,
  ) as readonly EventRecord[]
}

const counted = (events: readonly EventRecord[]): number => events.reduce((sum, { count = 1 }) => sum + count, 0)

test('every refusal is on record although control is killed again and again, and tampering is named', async (t) => {
  const allow = ['127.0.0.0/24']
  await using project = new TestProject(configOf({ allow }))
  await project.must(['up', '--detach'])
  const port = await project.port()
  let sent = 0
  for (let kill = 0; kill < 3; kill++) {
    const flood = statusesFor(port, '127.0.0.2', 300, ATTACK)
    const { controlPid } = await project.status()
    process.kill(controlPid, 'SIGKILL')
    assert.deepEqual(await flood, { 403: 300 })
    sent += 300
    await until(async () => (await project.status()).controlPid !== controlPid, 'the next control')
  }
  await until(async () => counted(await eventsOf(project, '--class', 'sqli')) >= sent, 'all refusals on record', 20_000)
  const events = await eventsOf(
    project,
    '--class',
    'sqli',
    '--client',
    '127.0.0.2',
    '--route',
    '/search',
    '--since',
    '1h',
  )
  // What was sent to a control that died before it confirmed comes again: at most one batch of each worker and kill.
  assert.ok(counted(events) < sent * 2, `${counted(events)} of ${sent}`)
  assert.ok(events.length < sent, `${events.length} records`)
  assert.equal((await eventsOf(project, '--class', 'xss')).length, 0)
  await project.must(['guard', 'events', '--verify'])
  await project.must(['stop'])
  assert.match((await project.must(['guard', 'events', '--verify'])).stdout, /events follow each other from 1 to/)

  const [file] = eventFiles(project.stateFolder)
  const whole = readFileSync(file!.path, 'utf8')
  const lines = whole.trimEnd().split('\n')
  const verify = async (text: string | null): Promise<readonly string[]> => {
    if (text === null) rmSync(file!.path)
    else writeFileSync(file!.path, text)
    const { code, stdout } = await project.run(['guard', 'events', '--verify', '--json'])
    writeFileSync(file!.path, whole)
    assert.equal(code, 1)
    return (JSON.parse(stdout) as { details: string[] }).details
  }
  await t.test('one byte altered', async () => {
    const altered = lines.with(4, lines[4]!.replace('/search', '/seerch'))
    assert.match(
      (await verify(altered.join('\n') + '\n'))[0]!,
      /line 5: its content is not what its hash was taken from/,
    )
  })
  await t.test('one event removed', async () => {
    assert.match((await verify(lines.toSpliced(6, 1).join('\n') + '\n'))[0]!, /record 8 stands where record 7 belongs/)
  })
  await t.test('the end cut off', async () => {
    const [because] = await verify(lines.slice(0, -3).join('\n') + '\n')
    assert.equal(because, `records ${lines.length - 2} to ${lines.length} are missing`)
  })
  await t.test('the file taken away', async () => {
    assert.deepEqual(await verify(null), [`records 1 to ${lines.length} are missing`])
  })
  assert.equal((await project.run(['guard', 'events', '--verify'])).code, 0)
})

test('a feed from a file blocks its networks within one reload, its bad line is told, and the rest is kept', async () => {
  await using project = new TestProject(configOf({ feeds: [{ url: 'file:bad-addresses.txt', every: '1h' }] }), {
    'bad-addresses.txt': '# from a friend\n127.0.0.32/30\nnot an address\n127.0.0.40\n',
  })
  await project.must(['up', '--detach'])
  const port = await project.port()
  const statuses = async (): Promise<number[]> =>
    Promise.all([30, 33, 40, 41].map((host) => statusFor(port, `127.0.0.${host}`)))
  await until(async () => (await statuses()).join() === '200,403,403,200', 'the feed')
  const shown = await project.must(['guard', 'feed'])
  assert.match(
    shown.stdout,
    /2 networks +1 bad lines[\s\S]*line 3 +not an address +is neither an address nor a network/,
  )
  writeFileSync(join(project.folder, 'bad-addresses.txt'), '127.0.0.41\n')
  await project.must(['guard', 'feed', '--reload'])
  await until(async () => (await statuses()).join() === '200,200,200,403', 'the reload')
  const stix = {
    type: 'bundle',
    id: 'b',
    objects: [{ type: 'indicator', id: 'i', pattern_type: 'stix', pattern: "[ipv4-addr:value = '127.0.0.30']" }],
  }
  writeFileSync(join(project.folder, 'bad-addresses.txt'), JSON.stringify(stix))
  await project.must(['guard', 'feed', '--reload'])
  await until(async () => (await statuses()).join() === '403,200,200,200', 'the STIX bundle')
  rmSync(join(project.folder, 'bad-addresses.txt'))
  const failed = await project.run(['guard', 'feed', '--reload'])
  assert.deepEqual([failed.code, /failed: ENOENT/.test(failed.stdout)], [1, true])
  assert.deepEqual(await statuses(), [403, 200, 200, 200])
})

test(
  'control answers the user who owns the state folder, and nobody else',
  { skip: process.getuid?.() !== 0 },
  async () => {
    await using project = new TestProject(configOf())
    await project.must(['up', '--detach'])
    const call = `
    const { request } = require('node:http')
    const asked = request({ socketPath: process.argv[1], method: 'POST', path: '/v1/guard.block' }, (response) => process.exit(response.statusCode === 200 ? 10 : 11))
    asked.on('error', (error) => process.exit(error.code === 'EACCES' ? 12 : 13))
    asked.end(JSON.stringify({ address: '192.0.2.1', reason: 'x', forMs: null, by: 'mallory' }))`
    const socket = socketPath(project.stateFolder, 'control')
    const as = (uid: number): number | null =>
      spawnSync(process.execPath, ['-e', call, socket], { uid, gid: uid, cwd: '/', env: {} }).status
    assert.equal(as(65_534), 12)
    assert.deepEqual((await project.control.call('guard.blocks', { by: OPERATOR })).blocks, [])
    assert.equal(as(0), 10)
  },
)
