/** One environment on two real engines: all of them switch or none, and where one goes back both do. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Status } from '../../src/control/api/contract.ts'
import { NODE_BASE, nodeArchive, startEngine, type DockerEngine } from '../support/docker-engine.ts'
import { engineNetwork, startEngineLoad } from '../support/engine-load.ts'
import { failuresOf } from '../support/load.ts'
import { plainConfig, processesMentioning, TestProject, until } from '../support/project.ts'

const PORT = 8090

const configOf = (engines: readonly DockerEngine[], name: string): object => ({
  ...plainConfig({
    env: { NAME: name },
    service: {
      start: 'node rots.mjs',
      scale: { min: 2 },
      health: { ready: '/', interval: '1s', timeout: '10s', deadline: '90s' },
    },
  }),
  gateway: { listen: { http: PORT }, accessLog: false },
  environments: {
    staging: {
      target: 'docker',
      host: engines.map(({ host }) => host),
      watch: { for: '6s', warm: '10min', sample: 1 },
      drain: '2s',
    },
  },
})

/** As it should be, but for one path of one version, and for one that takes its time to be ready. */
const ROTS = `import { createServer } from 'node:http'
const { PORT, HOST, NAME } = process.env
if (NAME === 'slow') await new Promise((resolve) => setTimeout(resolve, 8000))
createServer((request, response) => {
  if (NAME === 'v4' && request.url === '/rot') response.statusCode = 500
  request.resume().on('end', () => response.end(JSON.stringify({ name: NAME })))
}).listen(Number(PORT), HOST)
`

const ASK = `const answer = await fetch('http://127.0.0.1:${PORT}' + process.argv[1], { signal: AbortSignal.timeout(20000) })
console.log(await answer.text())`

function ask(engine: DockerEngine, path = '/'): string {
  const [enter, ...where] = engineNetwork(engine)
  const words = [...where, process.execPath, '--input-type=module', '-e', ASK, path]
  return execFileSync(enter, words, { encoding: 'utf8' }).trim()
}

test('an environment on two engines', { timeout: 570_000 }, async (t) => {
  using base = nodeArchive()
  await using one = await startEngine()
  await using two = await startEngine()
  const engines = [one, two]
  for (const { docker } of engines) docker('import', '--change', 'ENV PATH=/usr/local/bin', base.path, NODE_BASE)
  await using project = new TestProject(configOf(engines, 'v1'), { 'rots.mjs': ROTS }, '.seaworthy/staging')
  const statusOf = async ({ host }: DockerEngine): Promise<Status> =>
    JSON.parse((await project.must(['status', '--json', '--host', host])).stdout) as Status
  const names = (): readonly string[] => engines.map((engine) => (JSON.parse(ask(engine)) as { name: string }).name)
  const instancesOf = (engine: DockerEngine): readonly string[] =>
    engine.docker('ps', '--all', '--quiet', '--no-trunc', '--filter', 'label=seaworthy.service').split('\n').toSorted()

  await t.test('the first deploy is on both, and says whose each line is', async () => {
    const { stdout } = await project.must(['deploy'])
    for (const { host } of engines) assert.ok(stdout.includes(`${host.slice('unix://'.length)} │ `), stdout)
    assert.deepEqual(names(), ['v1', 'v1'])
  })

  await t.test('a deploy under load of both loses nothing', async (tt) => {
    const loads = engines.map((engine) => startEngineLoad(engine, { port: PORT, clients: 2 }))
    try {
      project.configure(configOf(engines, 'v2'))
      await project.must(['deploy'])
      assert.deepEqual(names(), ['v2', 'v2'])
      await project.must(['rollback'])
      assert.deepEqual(names(), ['v1', 'v1'])
    } finally {
      const answers = (await Promise.all(loads.map((load) => load.stop()))).flat()
      assert.deepEqual(failuresOf(answers), [])
      tt.diagnostic(`${answers.length} requests, 0 failed`)
    }
  })

  await t.test('what one host refuses no host has', async () => {
    const before = engines.map(instancesOf)
    // Its files are made into an image on each engine, and one of them has nothing to begin with.
    writeFileSync(join(project.folder, 'more.txt'), 'v3')
    two.docker('image', 'tag', NODE_BASE, 'kept:1')
    two.docker('image', 'rm', NODE_BASE)
    project.configure(configOf(engines, 'v3'))
    const refused = await project.run(['deploy'])
    two.docker('image', 'tag', 'kept:1', NODE_BASE)
    assert.notEqual(refused.code, 0)
    assert.match(refused.stderr, /has refused it: no host switches {2}\[deploy\.other-host\]/)
    assert.deepEqual(engines.map(instancesOf), before)
    assert.deepEqual(names(), ['v1', 'v1'])
  })

  await t.test('where one goes back both do', async () => {
    project.configure(configOf(engines, 'v4'))
    const deploy = project.start(['deploy'])
    let code: number | null = null
    const ended = deploy.ended.then((result) => ((code = result.code), result))
    // Users of one host alone meet what is wrong with it.
    await until(
      async () => {
        if (names()[1] === 'v4' && code === null) for (let count = 0; count < 5; count++) ask(two, '/rot')
        return code !== null
      },
      'the deploy to end',
      120_000,
    )
    const { stdout, stderr } = await ended
    assert.equal(code, 1, stdout + stderr)
    assert.deepEqual(names(), ['v1', 'v1'])
    const lives = await Promise.all(engines.map(async (engine) => (await statusOf(engine)).last))
    assert.deepEqual(
      lives.map((last) => last!.state),
      ['taken-back', 'taken-back'],
    )
    assert.match(lives[0]!.message!, /has gone back/)
  })

  const unfinished = async (): Promise<readonly boolean[]> =>
    Promise.all(engines.map(async (engine) => (await statusOf(engine)).running !== null))
  const isOver = (): boolean => processesMentioning(project.folder).length === 0

  await t.test('who holds them together is killed: both undo what they have begun', async () => {
    const before = engines.map(instancesOf)
    project.configure(configOf(engines, 'slow'))
    const { pid, ended } = project.start(['deploy'])
    await until(async () => (await unfinished()).every(Boolean), 'both to be at work', 60_000)
    process.kill(pid, 'SIGKILL')
    await ended
    await until(isOver, 'the commands of the hosts to end', 120_000)
    assert.deepEqual([await unfinished(), engines.map(instancesOf)], [[false, false], before])
    assert.deepEqual(names(), ['v1', 'v1'])
  })

  await t.test('all are killed before the switch: nobody has switched, and each can go on or be undone', async () => {
    project.configure(configOf(engines, 'slow'))
    const { pid, ended } = project.start(['deploy'])
    await until(async () => (await unfinished()).every(Boolean), 'both to be at work', 60_000)
    const all = processesMentioning(project.folder).filter(({ command }) => command.includes(project.program))
    assert.equal(all.length, 3)
    for (const each of [pid, ...all.map((one) => one.pid)]) process.kill(each, 'SIGKILL')
    await ended
    await until(isOver, 'all to end')
    assert.deepEqual(await unfinished(), [true, true])
    assert.deepEqual(names(), ['v1', 'v1'])
    // One of them is settled by hand: it is not what keeps the other from going on.
    await project.must(['deploy', '--abort', '--host', two.host])
    const { stdout } = await project.must(['deploy', '--resume'])
    assert.match(stdout, /there is no unfinished deploy/)
    assert.deepEqual(names(), ['slow', 'v1'])
    await project.must(['deploy'])
    assert.deepEqual(names(), ['slow', 'slow'])
  })

  await t.test('a signal to the command alone reaches those of the hosts: both undo what they have begun', async () => {
    const before = engines.map(instancesOf)
    project.configure(configOf(engines, 'v6'))
    const { pid, ended } = project.start(['deploy'])
    await until(async () => (await unfinished()).every(Boolean), 'both to be at work', 60_000)
    process.kill(pid, 'SIGINT')
    const { code, stdout, stderr } = await ended
    assert.equal(code, 1, stdout + stderr)
    assert.equal(stderr.match(/\[deploy\.interrupted\]/g)?.length, 2, stderr)
    assert.deepEqual([await unfinished(), engines.map(instancesOf)], [[false, false], before])
  })

  await t.test('status, logs and doctor are of both; what is about one host wants its name', async () => {
    const status = await project.must(['status'])
    for (const { host } of engines) assert.ok(status.stdout.includes(`── ${host.slice('unix://'.length)}`))
    const which = await project.run(['exec', 'api', '--', 'true'])
    assert.match(which.stderr, /runs on 2 hosts.*\[host\.which\]/)
    assert.equal(which.code, 2)
    const unknown = await project.run(['status', '--host', 'nowhere'])
    assert.match(unknown.stderr, /\[host\.unknown\]/)
  })

  await t.test('it is taken away from both', async () => {
    await project.must(['stop', '--remove'])
    for (const { docker } of engines)
      assert.equal(docker('ps', '--all', '--quiet', '--filter', 'label=seaworthy.app'), '')
  })
})
