/** Real servers from the distribution's packages, run as needs: their whole life, and what goes wrong in it. */
import assert from 'node:assert/strict'
import { lstatSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { createServer } from 'node:net'
import { once } from 'node:events'
import { join } from 'node:path'
import { test } from 'node:test'
import { listListeners } from '../../src/deploy/targets/process/listeners.ts'
import { isGone } from '../support/processes.ts'
import { plainConfig, TestProject, until } from '../support/project.ts'
import { command, needOf, query, untilNeed } from '../support/servers.ts'
import { keeperState } from '../support/whole-app.ts'

const NEEDS = {
  db: { kind: 'postgres' },
  box: { kind: 'redis', role: 'store' },
  cache: { kind: 'redis', role: 'cache', size: '32MiB' },
}
const USES = { db: 'required', box: 'required', cache: 'optional' }

function config(
  options: { needs?: object; uses?: object; env?: Record<string, string>; environment?: object } = {},
): object {
  const { needs = NEEDS, uses = USES, env = {}, environment = {} } = options
  return { ...plainConfig({ env, environment, service: { uses, scale: { min: 1 } } }), needs }
}

/** What the service was given, once it answers. */
async function environmentOf(project: TestProject): Promise<Readonly<Record<string, string>>> {
  const url = `http://127.0.0.1:${await project.port()}/env`
  let answer = await fetch(url)
  await until(async () => (answer = await fetch(url)).ok, 'the service to answer')
  return (await answer.json()) as Record<string, string>
}

async function events(project: TestProject): Promise<string> {
  const { events } = await project.control.call('events', { after: 0, limit: 1000 })
  return events.map(({ kind, text }) => `${kind} ${text}`).join('\n')
}

void test('servers start before the service, are its own to use, survive crashes with their data, and end in order', async () => {
  await using project = new TestProject(config())
  await project.must(['up', '--detach'])
  const given = await environmentOf(project)
  const { DB_URL: db = '', BOX_URL: box = '', CACHE_URL: cache = '' } = given
  assert.deepEqual([given['DATABASE_URL'], given['REDIS_URL']], [db, undefined])

  // For programs of this machine with the password, and for nobody else.
  const ports = [db, box, cache].map((url) => Number(new URL(url).port))
  const listening = listListeners().filter(({ port }) => ports.includes(port))
  assert.deepEqual(
    listening.map(({ address }) => address),
    ['127.0.0.1', '127.0.0.1', '127.0.0.1'],
  )
  await assert.rejects(query(db.replace(/:[^:@]+@/, ':wrong@'), 'select 1'), /password authentication failed/)
  await assert.rejects(command(box.replace(/:[^:@/]+@/, ':wrong@'), 'PING'), /WRONGPASS|NOAUTH/)
  assert.deepEqual(await query(db, 'select usesuper, usecreatedb from pg_user where usename = current_user'), [
    [false, true],
  ])
  assert.deepEqual(await command(cache, 'CONFIG', 'GET', 'maxmemory'), ['maxmemory', String(32 * 1024 * 1024)])
  assert.deepEqual(await command(cache, 'CONFIG', 'GET', 'appendonly'), ['appendonly', 'no'])
  assert.deepEqual(await command(box, 'CONFIG', 'GET', 'appendonly'), ['appendonly', 'yes'])
  assertPrivate(project)
  for (const need of Object.keys(NEEDS)) {
    const { pid } = await needOf(project, need)
    const data = lstatSync(join(project.stateFolder, 'needs', need, 'data'))
    assert.equal(statSync(`/proc/${pid}`).uid, data.uid, `${need} runs as the owner of its data`)
  }

  await query(db, 'create table bets as select n, md5(n::text) as text from generate_series(1, 1000) n')
  await command(box, 'SET', 'kept', 'in the box')
  const before = await query(db, 'select count(*), md5(string_agg(text, $1 order by n)) from bets', [','])

  const pid = (await project.status()).instances[0]!.pid
  for (const need of ['db', 'box']) {
    const { pid: server } = await needOf(project, need)
    process.kill(server!, 'SIGKILL')
    await until(async () => (await needOf(project, need)).pid !== server, `${need} to have ended`)
    assert.equal((await untilNeed(project, need, 'healthy')).restarts, 1)
    assert.match(
      await events(project),
      new RegExp(`need-ended ${need}: was killed by SIGKILL[^]*need-recovered ${need} `),
    )
  }
  assert.deepEqual(await query(db, 'select count(*), md5(string_agg(text, $1 order by n)) from bets', [',']), before)
  assert.equal(await command(box, 'GET', 'kept'), 'in the box')
  assert.equal((await project.status()).instances[0]!.pid, pid, 'the instance was left alone')

  // It hangs: seen by what it does not answer, and left to come back.
  const { pid: hung } = await needOf(project, 'box')
  process.kill(hung!, 'SIGSTOP')
  assert.equal((await untilNeed(project, 'box', 'unhealthy')).cause, 'no answer within 2000 ms')
  process.kill(hung!, 'SIGCONT')
  assert.equal((await untilNeed(project, 'box', 'healthy')).pid, hung)

  // Who looks after them dies: they run on, and are known again.
  const servers = await Promise.all(Object.keys(NEEDS).map((need) => needOf(project, need)))
  const keepers = [(await keeperState(project)).pid, (await project.status()).controlPid]
  for (const keeper of keepers) process.kill(keeper, 'SIGKILL')
  for (const { need, pid: known } of servers) assert.equal((await untilNeed(project, need, 'healthy')).pid, known)
  const { children } = await keeperState(project)
  assert.deepEqual(
    children
      .filter(({ role, adopted }) => role === 'need' && adopted)
      .map(({ name }) => name)
      .toSorted(),
    ['need-box', 'need-cache', 'need-db'],
  )

  const { stdout } = await project.must(['logs', '--service', 'db'])
  assert.match(stdout, /database system is ready to accept connections/)
  await project.must(['stop'])
  assert.match(project.log('need-db'), /received fast shutdown request[^]*database system is shut down\s*$/)
  assert.match(project.log('need-box'), /Redis is now ready to exit, bye bye\.\.\.\s*$/)
  for (const { pid: known } of servers) assert.ok(isGone(known!))

  // Somebody took a port meanwhile: said, with who it is, and mended by itself.
  await using stranger = createServer().listen(ports[0], '127.0.0.1')
  await once(stranger, 'listening')
  const up = await project.must(['up', '--detach'])
  assert.match(up.stdout, /! db is failed: the port of db/)
  const taken = await untilNeed(project, 'db', 'failed')
  assert.match(
    taken.cause!,
    new RegExp(`the port of db, ${ports[0]}, is taken by another program: pid ${process.pid}, `),
  )
  const waiting = (await project.status()).instances[0]!
  assert.equal(waiting.pid, null)
  assert.match(waiting.lastExit!, /it waits for db, which is failed: the port of db/)
  assert.match((await project.must(['status'])).stdout, /db +failed +postgres[^\n]*is taken by another program/)
  stranger.close()
  await untilNeed(project, 'db', 'healthy')
  await until(async () => (await project.status()).instances[0]!.state === 'running', 'the instance to run')
  assert.equal((await environmentOf(project))['DB_URL'], db)
  assert.deepEqual(await query(db, 'select count(*), md5(string_agg(text, $1 order by n)) from bets', [',']), before)
  assert.equal(await command(box, 'GET', 'kept'), 'in the box')

  // Nobody needs it any more: it ends when the last release that used it does, and its data stay.
  project.configure(config({ uses: { box: 'required' }, environment: { watch: { for: '1s', warm: '1s' } } }))
  await project.must(['deploy'])
  await until(async () => /need-stopped no release uses db any more/.test(await events(project)), 'db to be stopped')
  assert.ok(!listListeners().some(({ port }) => port === ports[0]))
  assert.ok(statSync(join(project.stateFolder, 'needs/db/data/PG_VERSION')).isFile())
  project.configure(config({ environment: { watch: { for: '1s', warm: '1s' } } }))
  await project.must(['deploy'])
  assert.deepEqual(await query(db, 'select count(*), md5(string_agg(text, $1 order by n)) from bets', [',']), before)
})

/** What holds a password, or is its server's own, nobody else can read; folders above a server's own stay as closed as they were. */
function assertPrivate({ stateFolder }: TestProject): void {
  const needs = join(stateFolder, 'needs')
  assert.equal(lstatSync(stateFolder).mode & 0o777, 0o700)
  for (const name of readdirSync(needs)) {
    const folder = join(needs, name)
    for (const path of [needs, folder, join(folder, 'data')]) assert.equal(lstatSync(path).mode & 0o777, 0o700, path)
    const { password } = JSON.parse(readFileSync(join(folder, 'credentials.json'), 'utf8')) as { password: string }
    assert.ok(password.length >= 32)
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((file) => join(folder, file))
    for (const file of files) {
      const found = lstatSync(file)
      // What a server writes into its own folder is behind that folder's mode.
      if (!found.isFile() || /\/data\/(?!(redis|postgresql|pg_hba)\.conf$)/.test(file)) continue
      assert.equal(found.mode & 0o077, 0, `${file} can be read by others`)
    }
    // Root runs no server as itself.
    const { uid } = lstatSync(join(folder, 'data'))
    if (process.getuid!() === 0) assert.notEqual(uid, 0)
  }
}
