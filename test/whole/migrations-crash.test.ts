/** Whoever dies while a migration runs: it is applied once or not at all, and what became of it is known. */
import assert from 'node:assert/strict'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { isGone, processesOf } from '../support/processes.ts'
import { until } from '../support/project.ts'
import { Shelf, type Edition, type StoreKind } from '../support/shelf.ts'

/** Changes the schema in one transaction, which it holds open at the stage named by HOLD until a file appears. */
const SLOW = `
import { existsSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
const { DB_URL, DB_FILE, MARK, MODULES, HOLD, REHEARSAL } = process.env
const stage = REHEARSAL ? 'rehearsal' : 'real'
const execute = DB_FILE ? sqlite() : await postgres()
await execute('begin; alter table items add column slow text; create table ran (stage text)')
await execute("insert into ran values ('" + stage + "')")
writeFileSync(join(MARK, stage), '')
if (stage === HOLD) while (!existsSync(join(MARK, 'go'))) await new Promise((resolve) => setTimeout(resolve, 20))
await execute('commit')
process.exit(0)

function sqlite() {
  const database = new DatabaseSync(DB_FILE, { timeout: 5000 })
  return (sql) => database.exec(sql)
}

async function postgres() {
  const client = new (createRequire(MODULES)('pg').Client)(DB_URL)
  await client.connect()
  return (sql) => client.query(sql)
}
`

interface Held {
  readonly shelf: Shelf
  readonly deploy: ReturnType<Shelf['start']>
  /** Lets the migration go on. */
  readonly go: () => void
}

/** A deploy whose migration is held at a stage. */
async function deployHeld(shelf: Shelf, hold: 'rehearsal' | 'real'): Promise<Held> {
  const mark = join(shelf.project.stateFolder, 'marks')
  mkdirSync(mark)
  const edition: Edition = {
    column: 'topic',
    expand: 'node slow.mjs',
    files: { 'slow.mjs': SLOW },
    env: { MARK: mark, HOLD: hold },
  }
  shelf.write(edition)
  const deploy = shelf.start(['deploy'])
  await until(() => existsSync(join(mark, hold)), `the migration to be at its ${hold}`)
  return { shelf, deploy, go: () => writeFileSync(join(mark, 'go'), '') }
}

async function assertRanOnce(shelf: Shelf): Promise<void> {
  assert.deepEqual(await shelf.columns(), ['id', 'name', 'topic', 'slow'])
  assert.deepEqual(
    (await shelf.query('select stage from ran')).map(({ stage }) => stage),
    ['real'],
  )
  assert.deepEqual(await shelf.leftovers(), [])
}

void test('the CLI dies while the migration is rehearsed: an abort ends it, and nothing was touched', async () => {
  await using shelf = await Shelf.start('sqlite')
  const schema = await shelf.schema()
  const { deploy } = await deployHeld(shelf, 'rehearsal')
  process.kill(deploy.pid, 'SIGKILL')
  await deploy.ended
  await shelf.must(['deploy', '--abort'])
  assert.deepEqual(await shelf.schema(), schema)
  assert.deepEqual(await shelf.leftovers(), [])
  assert.deepEqual(jobsOf(shelf), [])
  assert.match((await shelf.must(['migrate'])).stdout, /failed at .*only copies were touched/)
})

void test('the CLI dies while the migration is applied: an abort waits for its end, and it is not run again', async () => {
  await using shelf = await Shelf.start('sqlite')
  const { deploy, go } = await deployHeld(shelf, 'real')
  process.kill(deploy.pid, 'SIGKILL')
  await deploy.ended
  const abort = shelf.start(['deploy', '--abort'])
  await until(async () => (await shelf.project.status()).running === null, 'the abort to come to its clean-up')
  const { lease } = await shelf.project.status()
  const [run] = (await shelf.project.control.call('migration.state', {})).runs
  const asked = await shelf.project.control.call('migration.cancel', { token: lease!.token, release: run!.release })
  assert.equal(asked.idle, false)
  assert.notDeepEqual(jobsOf(shelf), [])
  go()
  assert.equal((await abort.ended).code, 0)
  await assertRanOnce(shelf)
  assert.doesNotMatch((await shelf.must(['deploy'])).stdout, /migrate:api/)
  await assertRanOnce(shelf)
})

void test('control dies while the migration is applied: it goes on, and the deploy learns of its end', async () => {
  await using shelf = await Shelf.start('sqlite')
  const { deploy, go } = await deployHeld(shelf, 'real')
  const { controlPid } = await shelf.project.status()
  process.kill(controlPid, 'SIGKILL')
  await until(async () => (await shelf.project.status()).controlPid !== controlPid, 'control to be back')
  go()
  const { code, stderr } = await deploy.ended
  assert.equal(code, 0, stderr)
  await assertRanOnce(shelf)
  const { runs } = await shelf.project.control.call('migration.state', {})
  assert.deepEqual(
    runs.map(({ outcome }) => outcome),
    ['done', 'done'],
  )
})

for (const kind of ['sqlite', 'postgres'] as const satisfies readonly StoreKind[]) {
  void test(`on ${kind} the job dies while it applies: so does the command, the schema is as it was, the next deploy applies it`, async () => {
    await using shelf = await Shelf.start(kind)
    const schema = await shelf.schema()
    const { deploy, go } = await deployHeld(shelf, 'real')
    killJob(shelf)
    const { code, stderr } = await deploy.ended
    assert.equal(code, 1)
    assert.match(stderr, /was killed \(.*SIGKILL\): the schema is as it was/)
    assert.deepEqual(await shelf.schema(), schema)
    assert.deepEqual(jobsOf(shelf), [])
    go()
    await shelf.must(['deploy'])
    await assertRanOnce(shelf)
  })
}

void test('the job dies while it rehearses on Postgres: its scratch database goes, though the command was connected', async () => {
  await using shelf = await Shelf.start('postgres')
  const schema = await shelf.schema()
  const { deploy } = await deployHeld(shelf, 'rehearsal')
  assert.equal((await shelf.leftovers()).length, 2, 'a scratch database and a report')
  killJob(shelf)
  const { code, stderr } = await deploy.ended
  assert.equal(code, 1)
  assert.match(stderr, /was killed \(.*SIGKILL\): only copies were touched/)
  assert.deepEqual(await shelf.schema(), schema)
  assert.deepEqual(await shelf.leftovers(), [])
})

/** Drops the column, committed at once, and takes the server down with it. */
const CRASH = `
import { createRequire } from 'node:module'
const { DB_URL, MODULES, REHEARSAL, SERVER } = process.env
const client = new (createRequire(MODULES)('pg').Client)(DB_URL)
client.on('error', () => {})
await client.connect()
await client.query('alter table items drop column topic')
if (!REHEARSAL) process.kill(Number(SERVER), 'SIGKILL')
process.exit(REHEARSAL ? 0 : 1)
`

void test('Postgres dies over a contract that has dropped a column: no rollback goes back across it', async () => {
  await using shelf = await Shelf.start('postgres')
  const first = (await shelf.project.status()).world.live!
  const edition: Edition = {
    column: 'category',
    expand: 'sql migrations',
    contract: 'node crash.mjs',
    files: {
      'crash.mjs': CRASH,
      'migrations/002-category.sql': 'alter table items add column category text;\n',
    },
    env: { SERVER: String(shelf.server.pid) },
  }
  shelf.write(edition)
  await shelf.must(['deploy'])
  shelf.write({ ...edition, env: { ...edition.env, EDITION: 'third' } })
  await shelf.must(['deploy'])
  const { pid } = shelf.server
  const contract = shelf.start(['migrate', '--contract'])
  await until(() => isGone(pid), 'Postgres to be killed')
  await shelf.server.restart()
  const { code, stderr } = await contract.ended
  assert.equal(code, 1)
  assert.match(stderr, /'node crash\.mjs' exited with 1 .*\[migration\.failed\]/)
  assert.match(stderr, /- db: column public\.items\.topic text/)
  assert.match(stderr, /left the changes shown here/)
  assert.doesNotMatch(stderr, /as it was/)
  assert.deepEqual(await shelf.columns(), ['id', 'name', 'category'])
  const across = await shelf.run(['rollback', '--to', first])
  assert.equal(across.code, 1)
  assert.match(across.stderr, /\[rollback\.across-contract\]/)
})

/** Kills the job alone, not the command that it has started. */
function killJob(shelf: Shelf): void {
  const job = jobsOf(shelf).find(({ command }) => command.includes('migrations/job/main'))
  process.kill(job!.pid, 'SIGKILL')
}

/** Processes of a migration: the job and the command it has started. */
function jobsOf({ project }: Shelf): readonly { readonly pid: number; readonly command: string }[] {
  return processesOf(project.folder).filter(({ command }) => /migrations\/job\/main|slow\.mjs/.test(command))
}
