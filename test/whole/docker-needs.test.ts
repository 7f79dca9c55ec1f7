/** Needs as containers of a real Docker engine, without a registry: made, used, killed, rebooted, made otherwise, ended. */
import assert from 'node:assert/strict'
import { basename, dirname } from 'node:path'
import { test } from 'node:test'
import type { Release } from '../../src/deploy/release.ts'
import { createNetwork } from '../../src/deploy/targets/docker/commands.ts'
import { needsIn } from '../../src/deploy/targets/docker/need-commands.ts'
import { DockerNeeds } from '../../src/deploy/targets/docker/needs.ts'
import type { NeedPasswords } from '../../src/deploy/targets/docker/need-server.ts'
import { ownImage } from '../../src/deploy/targets/image/own-image.ts'
import { STATE } from '../../src/deploy/targets/image/places.ts'
import { putImage } from '../../src/deploy/targets/image/put-image.ts'
import { runAll } from '../../src/deploy/targets/run-command.ts'
import { kafkaStandIn, postgresArchive, postgresPrograms, redisArchive } from '../support/docker-bases.ts'
import { startEngine } from '../support/docker-engine.ts'
import { dockerRelease } from '../support/docker-release.ts'
import { root, until } from '../support/project.ts'

const OWN = 'seaworthy:needs'
const CONTROL = 'control'
const PLACE = { app: 'shop', environment: 'staging' }
const INSIDE = 'seaworthy_shop_staging_inside'
const VERSION = basename(dirname(postgresPrograms()))
const run = { env: process.env }

test('needs on one engine', { timeout: 300_000 }, async (t) => {
  using postgres = postgresArchive()
  using redis = redisArchive()
  using kafka = kafkaStandIn()
  await using engine = await startEngine()
  const { docker, host } = engine
  const entry = ['--change', 'ENTRYPOINT ["/docker-entrypoint.sh"]']
  docker('import', '--change', `ENV PATH=${postgresPrograms()}`, ...entry, postgres.path, `postgres:${VERSION}`)
  docker('import', '--change', 'ENV PATH=/usr/local/bin', redis.path, 'redis:7')
  docker('import', '--change', 'CMD ["/usr/local/bin/node", "/stand-in.ts"]', kafka.path, 'apache/kafka:4.1.1')
  await putImage(await ownImage({ folder: root, sources: 'src', version: '0.0.0' }), OWN, host, run)
  await runAll([createNetwork(host, INSIDE, PLACE, true)], run)
  const keep = ['--mount', `type=volume,source=state,target=${STATE}`]
  const idle = ['--entrypoint', 'node', OWN, '-e', 'setInterval(() => {}, 1000)']
  docker(
    'run',
    '--detach',
    '--init',
    '--restart',
    'unless-stopped',
    '--name',
    CONTROL,
    '--network',
    INSIDE,
    ...keep,
    ...idle,
  )

  /** What control does, by its own code, where control is. */
  const control = (...words: readonly unknown[]): unknown =>
    JSON.parse(docker('exec', CONTROL, 'node', '--input-type=module', '-e', ASK, JSON.stringify(words)))
  const needsOf = (of: Release): DockerNeeds =>
    new DockerNeeds({
      host,
      place: PLACE,
      run,
      hostNeed: async (_, need, address) => control('host', of, need, address) as NeedPasswords,
    })
  const release = released({})
  const needs = needsOf(release)
  const ensure = async (need: string, of: Release = release): Promise<void> => {
    await needsOf(of).ensure(of, need)
    assert.equal(control('ensure', of, need), null)
  }
  const sql = (text: string): readonly Record<string, unknown>[] =>
    control('sql', release, 'db', text) as readonly Record<string, unknown>[]
  const cache = (...words: readonly string[]): unknown => control('redis', release, 'cache', words)
  const idOf = async (need: string): Promise<string> => (await needs.observe()).find((one) => one.need === need)!.id

  await t.test('both are made, and control has their accounts in place', async () => {
    await ensure('db')
    await ensure('cache')
    sql('create table bets (text text)')
    sql("insert into bets values ('kept')")
    assert.deepEqual(sql('select current_user, rolsuper from pg_roles where rolname = current_user'), [
      { current_user: 'app', rolsuper: false },
    ])
    assert.equal(cache('SET', 'answer', '42'), 'OK')
    const ids = [await idOf('db'), await idOf('cache')]
    await ensure('db')
    await ensure('cache')
    assert.deepEqual([await idOf('db'), await idOf('cache')], ids)
  })

  await t.test('no password is in an argument, a variable, an inspection or a log', async () => {
    const { password, adminPassword } = control('host', release, 'db', { host: 'need-db', port: 5432 }) as NeedPasswords
    const other = control('host', release, 'cache', { host: 'need-cache', port: 6379 }) as NeedPasswords
    const ids = [await idOf('db'), await idOf('cache')]
    const shown = [
      docker('inspect', ...ids),
      ...ids.map((id) => docker('top', id, '-eo', 'pid,args')),
      ...ids.map((id) => docker('logs', id)),
    ].join('\n')
    for (const secret of [password, adminPassword, other.password]) assert.ok(!shown.includes(secret))
    assert.match(docker('exec', ids[0]!, '/bin/sh', '-c', 'read line < /run/secrets/admin; echo ${#line}'), /^32$/)
  })

  await t.test('inside they are their user, with no right, on the internal network alone', async () => {
    for (const need of ['db', 'cache']) {
      const id = await idOf(need)
      const format =
        '{{.Config.User}} {{.HostConfig.ReadonlyRootfs}} {{.HostConfig.CapDrop}} {{.HostConfig.SecurityOpt}}'
      assert.equal(docker('inspect', '--format', format, id), '999:999 true [ALL] [no-new-privileges:true]')
      assert.deepEqual(
        Object.keys(JSON.parse(docker('inspect', '--format', '{{json .NetworkSettings.Networks}}', id))),
        [INSIDE],
      )
      const [, ...processes] = docker('top', id, '-eo', 'pid,uid').split('\n')
      assert.deepEqual([...new Set(processes.map((line) => line.trim().split(/\s+/)[1]))], ['999'])
    }
    const address = docker(
      'inspect',
      '--format',
      '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}',
      await idOf('db'),
    )
    const words = ['--entrypoint', 'node', OWN, '-e', REACH, address]
    assert.equal(docker('run', '--rm', '--network', INSIDE, ...words), 'reached')
    assert.equal(docker('run', '--rm', '--network', 'bridge', ...words), 'unreachable')
  })

  await t.test('killed both come back by themselves, with what they held', async () => {
    for (const need of ['db', 'cache']) {
      const look = (): { State: { Pid: number }; RestartCount: number } =>
        (JSON.parse(docker('inspect', `seaworthy_shop_staging_need_${need}`)) as [ReturnType<typeof look>])[0]
      const { Pid: pid } = look().State
      // 0 would be this very test and all around it.
      assert.ok(pid > 1)
      process.kill(pid, 'SIGKILL')
      await until(() => look().RestartCount === 1, `the engine to start ${need} again`)
    }
    assert.equal(control('ensure', release, 'db'), null)
    assert.equal(control('ensure', release, 'cache'), null)
    assert.deepEqual(sql('select text from bets'), [{ text: 'kept' }])
    assert.equal(cache('GET', 'answer'), '42')
  })

  await t.test('after a restart of the engine too', async () => {
    await engine.restart()
    await until(async () => (await needs.observe()).filter(({ isRunning }) => isRunning).length === 2, 'both to run')
    assert.equal(control('ensure', release, 'db'), null)
    assert.equal(control('ensure', release, 'cache'), null)
    assert.deepEqual(sql('select text from bets'), [{ text: 'kept' }])
    assert.equal(cache('GET', 'answer'), '42')
  })

  await t.test(
    'asked for with other room it is made anew on its data; data of a newer server are refused first',
    async () => {
      const before = await idOf('cache')
      await ensure('cache', released({ size: '64MiB' }))
      assert.notEqual(await idOf('cache'), before)
      assert.equal(cache('GET', 'answer'), '42')
      assert.equal(
        docker('inspect', '--format', '{{.HostConfig.Memory}}', await idOf('cache')),
        String(192 * 1024 * 1024),
      )
      const db = await idOf('db')
      const newer = released({ version: 99 })
      await assert.rejects(needsOf(newer).ensure(newer, 'db'), /need\.data-version/)
      assert.equal(await idOf('db'), db)
    },
  )

  await t.test(
    'a program in the place of a Kafka has the folders, the file and the rights that one is to have',
    async () => {
      await ensure('bus')
      const { password, adminPassword } = control('host', release, 'bus', {
        host: 'need-bus',
        port: 9092,
      }) as NeedPasswords
      assert.deepEqual(control('kafka', release, 'bus'), [{ id: 1, host: 'need-bus', port: 9092 }])
      const id = await idOf('bus')
      const shown = [docker('inspect', id), docker('top', id, '-eo', 'pid,args'), docker('logs', id)].join('\n')
      for (const secret of [password, adminPassword]) assert.ok(!shown.includes(secret))
      const format =
        '{{.Config.User}} {{.HostConfig.ReadonlyRootfs}} {{.HostConfig.CapDrop}} {{.HostConfig.SecurityOpt}}'
      assert.equal(docker('inspect', '--format', format, id), '1000:1000 true [ALL] [no-new-privileges:true]')
      const { State } = (JSON.parse(docker('inspect', id)) as [{ State: { Pid: number } }])[0]
      assert.ok(State.Pid > 1)
      process.kill(State.Pid, 'SIGKILL')
      await until(() => docker('inspect', '--format', '{{.RestartCount}}', id) === '1', 'the engine to start it again')
      assert.equal(control('ensure', release, 'bus'), null)
      // Its data are those of before, and so is the name of its cluster.
      const print =
        "process.stdout.write(require('node:fs').readFileSync(process.env.KAFKA_LOG_DIRS + '/starts', 'utf8'))"
      const [first, second] = docker('exec', id, '/usr/local/bin/node', '-e', print).split('\n')
      assert.equal(second, first)
    },
  )

  await t.test('one that nobody uses is ended; asked for again it has its data and its password', async () => {
    assert.deepEqual((await needs.tidy([])).toSorted(), ['bus', 'cache', 'db'])
    assert.deepEqual(needsIn(docker('inspect', CONTROL)), [])
    assert.deepEqual(await needs.observe(), [])
    await ensure('db')
    assert.deepEqual(sql('select text from bets'), [{ text: 'kept' }])
    assert.deepEqual(await needs.tidy([release]), [])
  })

  await t.test('an image that is nowhere is named', async () => {
    docker('rmi', 'redis:7')
    await assert.rejects(needs.ensure(release, 'cache'), { code: 'image.not-there', message: /cache runs redis:7/ })
  })
})

/** Runs control's own code for needs: `host`, `ensure`, and questions as a service would ask them. */
const ASK = `
import { Needs } from '/seaworthy/src/control/needs/needs.ts'
import { State } from '/seaworthy/src/control/state.ts'
import { withClient } from '/seaworthy/src/control/needs/postgres-client.ts'
import { connectRedis } from '/seaworthy/src/observe/collect/need/redis-client.ts'
import { askKafka } from '/seaworthy/src/control/needs/kafka-client.ts'
const [what, release, need, more] = JSON.parse(process.argv[1])
const folder = '${STATE}'
const needs = new Needs({ folder, path: '', state: new State(folder + '/state.db'), keeper: {}, acts: false, onThere: () => {} })
const url = needs.urlOf(release, need)
const does = {
  host: () => needs.host(release, need, more),
  ensure: () => needs.ensure(release, need, null),
  sql: () => withClient(url, async (client) => (await client.query(more)).rows),
  kafka: () => askKafka(url, 2000),
  redis: async () => {
    const client = await connectRedis(url, 2000, () => {})
    try { return await client.sendCommand(more) } finally { client.destroy() }
  },
}
try {
  process.stdout.write(JSON.stringify(await does[what]()) ?? 'null', () => process.exit(0))
} catch (error) {
  process.stderr.write((error.code ?? '') + ' ' + error.message, () => process.exit(1))
}`

const REACH = `require('node:net').connect({ host: process.argv[1], port: 5432, timeout: 2000 })
  .on('connect', () => { console.log('reached'); process.exit() })
  .on('timeout', () => { console.log('unreachable'); process.exit() })
  .on('error', () => { console.log('unreachable'); process.exit() })`

function released({ version = Number(VERSION), size }: { version?: number; size?: string }): Release {
  const cache = { kind: 'redis', ...(size === undefined ? {} : { size }) }
  const needs = { db: { kind: 'postgres', version }, cache, bus: { kind: 'kafka' } }
  const uses = { db: 'required', cache: 'required', bus: 'required' }
  return dockerRelease({ api: { start: 'node main.js', uses } }, { needs })
}
