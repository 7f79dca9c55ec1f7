/** Needs that cannot be had are refused before anything is touched, with both versions, the cause and the cure. */
import assert from 'node:assert/strict'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { findPostgres } from '../../src/control/needs/installations.ts'
import { plainConfig, TestProject } from '../support/project.ts'
import { needOf, query, untilNeed } from '../support/servers.ts'

function config(needs: object, uses: object, env: Record<string, string> = {}): object {
  return { ...plainConfig({ env, service: { uses } }), needs }
}

void test('another version, external or here, is refused with both numbers; an optional one is told', async () => {
  const db = { kind: 'postgres' }
  await using project = new TestProject(config({ db: { ...db, version: 99 } }, { db: 'required' }))
  const doctor = await project.run(['doctor'])
  const here = await installed()
  const wanted = new RegExp(`db wants PostgreSQL 99, and this machine has ${here.replaceAll('.', '\\.')}`)
  assert.equal(doctor.code, 1)
  assert.match(doctor.stdout, wanted)

  const refused = await project.run(['up', '--detach'])
  assert.equal(refused.code, 1)
  assert.match(refused.stderr, wanted)
  assert.match(refused.stderr, /Install PostgreSQL 99/)
  assert.ok(!existsSync(join(project.stateFolder, 'needs')), 'nothing was made')
  assert.equal((await project.status()).last, null, 'nothing was begun')

  // The same one from outside: asked over its URL.
  project.configure(config({ db }, { db: 'required' }))
  await project.must(['deploy'])
  const { port, pid, version } = await needOf(project, 'db')
  assert.equal(version, here)
  const url = JSON.parse(await textAt(project, '/env')).DB_URL as string
  const elsewhere = { ...db, version: 99, url: 'OTHER_DB' }
  project.configure(config({ db, other: elsewhere }, { db: 'required', other: 'required' }))
  for (const command of ['plan', 'deploy', 'doctor']) {
    const result = await project.run([command], { OTHER_DB: url })
    assert.equal(result.code, 1, command)
    const said = new RegExp(`other wants PostgreSQL 99, and the server is ${here.replaceAll('.', '\\.')}`)
    assert.match(result.stdout + result.stderr, said)
    assert.ok(!(result.stdout + result.stderr).includes(new URL(url).password), `${command} told the password`)
  }
  const gone = url.replace(`:${port}/`, ':1/')
  const unreachable = await project.run(['deploy'], { OTHER_DB: gone })
  assert.match(
    unreachable.stderr,
    /other, at the URL of OTHER_DB, cannot be asked: connect ECONNREFUSED[^]*need\.unreachable/,
  )

  // Optional: told, and gone on without.
  const optional = { bus: { kind: 'redis', version: 99 }, db, other: elsewhere }
  project.configure(config(optional, { db: 'required', bus: 'optional', other: 'optional' }))
  const went = await project.must(['deploy'], { OTHER_DB: url })
  assert.match(went.stdout, /bus wants Redis 99, and this machine has [\d.]+\. It is optional/)
  assert.match(went.stdout, /other wants PostgreSQL 99, and the server is [\d.]+[^]*It is optional/)
  assert.equal((await needOf(project, 'db')).pid, pid, 'what runs was left alone')
})

void test('data of another version, a need of another kind, and what nobody runs here', async () => {
  const db = { kind: 'postgres' }
  await using project = new TestProject(config({ db }, { db: 'required' }))
  await project.must(['up', '--detach'])
  const url = JSON.parse(await textAt(project, '/env')).DB_URL as string
  await query(url, 'create table kept as select 1 as one')

  project.configure(config({ db: { kind: 'redis' } }, { db: 'required' }))
  const changed = await project.run(['deploy'])
  assert.match(changed.stderr, /db was a postgres here, and is to be a redis[^]*need\.kind-changed/)
  project.configure(config({ bus: { kind: 'kafka' } }, { bus: 'required' }))
  const bus = await project.run(['deploy'])
  assert.match(bus.stderr, /bus is a kafka, and none is run here[^]*kafka\(\{ url: 'BUS_URL' \}\)/)
  project.configure(config({ bus: { kind: 'kafka' }, db: { ...db, version: 99 } }, { bus: 'required', db: 'required' }))
  assert.match(
    (await project.run(['deploy'])).stderr,
    /2 needs cannot be had[^]*bus is a kafka[^]*db wants PostgreSQL 99/,
  )

  await project.must(['stop'])
  const versionFile = join(project.stateFolder, 'needs/db/data/PG_VERSION')
  writeFileSync(versionFile, '14\n')
  project.configure(config({ db }, { db: 'required' }))
  const here = await installed()
  await project.must(['up', '--detach'])
  const { cause, state } = await needOf(project, 'db')
  assert.equal(state, 'failed')
  assert.equal(cause, `the data of db are of PostgreSQL 14, and this machine has PostgreSQL ${here}`)
  const doctor = await project.run(['doctor'])
  assert.match(doctor.stdout, /✗ +need db +the data of db are of PostgreSQL 14[^]*take a dump with PostgreSQL 14/)

  await project.must(['stop'])
  writeFileSync(versionFile, `${Number.parseInt(here, 10)}\n`)
  await project.must(['up', '--detach'])
  assert.deepEqual(await query(url, 'select one from kept'), [[1]])
})

void test("spoilt credentials are the need's own trouble: the rest comes up, status tells, and the file put back cures it", async () => {
  const box = { kind: 'redis', role: 'store' }
  const other = { start: 'node plain.mjs', routes: ['/other'], health: { ready: '/health/readiness' } }
  const plain = plainConfig({ service: { uses: { box: 'required' } }, services: { other } })
  await using project = new TestProject({ ...plain, needs: { box } })
  await project.must(['up', '--detach'])
  const file = join(project.stateFolder, 'needs/box/credentials.json')
  const whole = readFileSync(file, 'utf8')
  for (const text of [whole.slice(0, 30), whole.replace('password', 'passwort'), '[]']) {
    writeFileSync(file, text)
    const running = await project.must(['status'])
    assert.match(running.stdout, /^box +failed.*the credentials of box cannot be read: .*credentials\.json/m, text)
  }
  await project.must(['stop'])
  const up = await project.must(['up', '--detach'])
  assert.match(up.stdout, /box is failed: the credentials of box cannot be read: .*credentials\.json/)
  assert.equal((await fetch(`http://127.0.0.1:${await project.port()}/other`)).status, 200)
  project.configure({ ...plain, needs: { box: { ...box, role: 'cache' } } })
  const deploy = await project.run(['deploy'])
  assert.match(
    deploy.stderr,
    /the credentials of box cannot be read[^]*\[need\.credentials-unreadable\]\n→ Put the file back/,
  )
  writeFileSync(file, whole)
  await untilNeed(project, 'box', 'healthy')
  await project.must(['status'])
})

/** The newest PostgreSQL of this machine. */
async function installed(): Promise<string> {
  return (await findPostgres(process.env['PATH']!))[0]!.version
}

async function textAt(project: TestProject, path: string): Promise<string> {
  return (await fetch(`http://127.0.0.1:${await project.port()}${path}`)).text()
}
