/** What a service is handed for its needs: files that outlive releases, external URLs that outlive the shell they came from. */
import assert from 'node:assert/strict'
import { lstatSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { plainConfig, TestProject } from '../support/project.ts'

/** A value that occurs nowhere by chance. */
const BUS = 'kafka://user:sw-2b81c04f7e@127.0.0.1:9092'

const MIGRATION = `
  import { DatabaseSync } from 'node:sqlite'
  const database = new DatabaseSync(process.env.NOTES_FILE)
  database.exec('create table if not exists notes (text text) strict')`

const SERVER = `
  import { createServer } from 'node:http'
  import { DatabaseSync } from 'node:sqlite'
  const database = new DatabaseSync(process.env.NOTES_FILE, { timeout: Number(process.env.NOTES_BUSY_TIMEOUT_MS) })
  database.prepare('insert into notes values (?)').run(process.env.NAME)
  createServer((request, response) => {
    const notes = database.prepare('select text from notes order by rowid').all().map(({ text }) => text)
    response.end(JSON.stringify({ notes, env: process.env }))
  }).listen(Number(process.env.PORT), process.env.HOST)`

function config(name: string, env: Record<string, string> = {}): object {
  return {
    ...plainConfig({
      env: { NAME: name, ...env },
      service: {
        start: 'node server.mjs',
        uses: { notes: 'required', bus: 'optional' },
        migrate: { expand: 'node migrate.mjs' },
        health: { interval: '1s' },
      },
    }),
    needs: { notes: { kind: 'sqlite' }, bus: { kind: 'kafka', url: 'BUS_SECRET' } },
  }
}

interface Seen {
  readonly notes: readonly string[]
  readonly env: Readonly<Record<string, string>>
}

void test('a file and an external URL reach migration and service, over releases, stop and up', async () => {
  await using project = new TestProject(config('one'), { 'server.mjs': SERVER, 'migrate.mjs': MIGRATION })
  const lacking = await project.run(['up', '--detach'])
  assert.match(lacking.stderr, /BUS_SECRET has no value/)
  const up = await project.must(['up', '--detach', '--json'], { BUS_SECRET: BUS })
  const first = await look(project)
  assert.equal(first.env['NOTES_URL'], `file:${first.env['NOTES_FILE']}`)
  assert.equal(first.env['DATABASE_URL'], first.env['NOTES_URL'])
  assert.deepEqual([first.env['BUS_URL'], first.env['BUS_SECRET']], [BUS, BUS])

  // The service's own word wins.
  project.configure(config('two', { DATABASE_URL: 'of its own' }))
  const plan = await project.must(['plan'], { BUS_SECRET: BUS })
  assert.match(plan.stdout, /1\. +need:notes [^]*need:bus [^]*migrate:api/)
  await project.must(['deploy'], { BUS_SECRET: BUS })
  const second = await look(project)
  assert.deepEqual([second.env['DATABASE_URL'], second.notes], ['of its own', ['one', 'two']])

  await project.must(['stop'])
  await project.must(['up', '--detach'], { BUS_SECRET: BUS })
  // The warm release's instance comes back as well, before or after.
  assert.deepEqual((await look(project)).notes.slice(0, 2), ['one', 'two'])
  await project.must(['rollback'], { BUS_SECRET: BUS })
  assert.equal((await look(project)).env['BUS_URL'], BUS)

  const told = [up, plan, await project.must(['status', '--history', '--json']), await project.must(['logs', '--json'])]
  for (const { stdout } of told) assert.ok(!stdout.includes(BUS), 'a command told the URL')
  const holders = readdirSync(project.stateFolder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(project.stateFolder, name))
    .filter((file) => lstatSync(file).isFile() && readFileSync(file, 'latin1').includes(BUS))
  assert.ok(holders.length >= 2, 'one for each release')
  for (const file of holders) {
    assert.match(file, /\/secrets\/[^/]+\/needs\/bus$/)
    assert.equal(lstatSync(file).mode & 0o777, 0o600)
  }
})

async function look(project: TestProject): Promise<Seen> {
  return (await (await fetch(`http://127.0.0.1:${await project.port()}/`)).json()) as Seen
}
