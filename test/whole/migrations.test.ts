/** Expand and contract on real databases, under light load: what a failed one leaves, and where a rollback may go. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Plan } from '../../src/deploy/plan.ts'
import { failuresOf, startLoad, type Answer } from '../support/load.ts'
import { until } from '../support/project.ts'
import { type Edition, type Rows, Shelf, type StoreKind } from '../support/shelf.ts'

const second: Edition = {
  column: 'category',
  expand: 'sql migrations',
  contract: 'sql contract',
  files: {
    'migrations/002-category.sql': 'alter table items add column category text;\nupdate items set category = topic;\n',
    'contract/002-topic.sql': 'alter table items drop column topic;\n',
  },
}

/** Adds a column by itself, committed at once, and then fails. */
const HALF = `
import { DatabaseSync } from 'node:sqlite'
import { createRequire } from 'node:module'
const add = 'alter table items add column half text'
if (process.env.DB_URL.startsWith('file:')) new DatabaseSync(process.env.DB_FILE, { timeout: 5000 }).exec(add)
else {
  const client = new (createRequire(process.env.MODULES)('pg').Client)(process.env.DB_URL)
  await client.connect()
  await client.query(add)
  await client.end()
}
console.log('half is there, the rest is not')
process.exit(3)
`

/** What was sold to users is on the shelf, once; whatever release sold it. */
function assertSold(rows: Rows, answers: readonly Answer[], before: number): void {
  const sold = answers.filter(({ method, failure }) => method === 'POST' && failure === null).length
  assert.equal(rows.length, before + sold)
  assert.equal(new Set(rows.map(({ id }) => id)).size, rows.length)
}

for (const kind of ['sqlite', 'postgres'] as const satisfies readonly StoreKind[]) {
  void test(`on ${kind} the six cases end as they should, and users lose nothing`, async () => {
    await using shelf = await Shelf.start(kind)
    const { project } = shelf
    const first = (await project.status()).world.live!
    const seed = await shelf.rows()
    await using load = startLoad({ port: await project.port(), clients: 4, pauseMs: 20 })

    // Expand fails, a command that commits by itself: it never came to the database.
    const schema = await shelf.schema()
    shelf.write({ column: 'topic', expand: 'node half.mjs', files: { 'half.mjs': HALF } })
    const refused = await shelf.run(['deploy'])
    assert.equal(refused.code, 1)
    assert.deepEqual(await shelf.schema(), schema)
    assert.match(refused.stderr, /rehearsed on a copy of db .*\[deploy\.migration-failed\]/)
    assert.match(refused.stderr, /half is there, the rest is not/)
    assert.match(refused.stderr, /Only copies were touched/)
    assert.equal((await project.status()).world.live, first)

    // Expand fails, an sql migration: the statement before the wrong one is taken back with it.
    const wrong = 'alter table items add column half text;\nalter table nowhere add column x text;\n'
    shelf.write({ column: 'topic', expand: 'sql wrong.sql', files: { 'wrong.sql': wrong } })
    const taken = await shelf.run(['deploy'])
    assert.match(taken.stderr, /'sql wrong\.sql' failed: wrong\.sql: .*nowhere.*rehearsed on a copy/)
    assert.deepEqual(await shelf.schema(), schema)

    // Expand ok.
    shelf.write(second)
    const plan = await shelf.must(['plan'])
    assert.match(plan.stdout, new RegExp(`migrate:api .* rehearsed on a copy of db \\(${kind}, all data\\)`))
    const deployed = await shelf.must(['deploy'])
    assert.match(deployed.stdout, new RegExp(`rehearsed on a copy of db \\(${kind}, all data\\)`))
    assert.deepEqual(await shelf.columns(), ['id', 'name', 'topic', 'category'])
    assert.deepEqual((await shelf.rows()).slice(0, seed.length), seed)

    // Contract too early: the first release is warm, and made for an earlier schema.
    const early = await shelf.run(['migrate', '--contract'])
    assert.equal(early.code, 1)
    assert.match(early.stderr, /is too early: .* is kept warm until \d{4}-.*\[migration\.too-early\]/)
    assert.ok(early.stderr.includes(first), early.stderr)
    assert.match((await shelf.must(['migrate'])).stdout, /too early: .* \(warm until/)
    assert.deepEqual(await shelf.columns(), ['id', 'name', 'topic', 'category'])

    // Rollback before the contract: the old code runs on the expanded schema.
    const { stdout: back } = await shelf.must(['rollback'])
    assert.match(back, /1 expanding migration is not undone: it runs on the expanded schema/)
    assert.equal((await project.status()).world.live, first)
    assert.deepEqual((await shelf.rows()).slice(0, seed.length), seed)

    // Forward again; its migration has run, and is not run twice.
    assert.doesNotMatch((await shelf.must(['deploy'])).stdout, /migrate:api/)
    assert.equal((await shelf.run(['migrate', '--contract'])).code, 1)

    // Contract ok, once a rollback would go to a release of today's schema.
    shelf.write({ ...second, env: { EDITION: 'third' } })
    await shelf.must(['deploy'])
    const { warm } = (await project.status()).world
    const contracted = await shelf.must(['migrate', '--contract'])
    assert.match(contracted.stdout, /api: done at .*rehearsed on a copy of db.*topic/)
    assert.deepEqual(await shelf.columns(), ['id', 'name', 'category'])
    assert.match((await shelf.must(['migrate', '--contract'])).stdout, /api: done at/)

    // Rollback after it: to a release of today's schema, and not to the first.
    const across = await shelf.run(['rollback', '--to', first])
    assert.equal(across.code, 1)
    assert.match(
      across.stderr,
      /before the contract of api \('sql contract'\), which ran at .*@.*\[rollback\.across-contract\]/,
    )
    await shelf.must(['rollback'])
    assert.equal((await project.status()).world.live, warm)

    const answers = await load.stop()
    assert.deepEqual(failuresOf(answers), [])
    assert.ok(answers.length > 100, `only ${answers.length} answers`)
    assertSold(await shelf.rows(), answers, seed.length)
    assert.deepEqual((await shelf.rows()).slice(0, seed.length), seed)
    assert.deepEqual(await shelf.leftovers(), [])
  })
}

void test('a contract waits for the end of a deploy; with the rollback given up it runs, and nothing goes back across it', async () => {
  await using shelf = await Shelf.start('sqlite')
  const { project } = shelf
  const first = (await project.status()).world.live!
  shelf.write(second, { watch: { for: '4s', warm: '10min', p95: '100x' } })
  const deploy = shelf.start(['deploy'])
  await until(async () => (await project.status()).world.live !== first, 'the switch')
  // While the watch may still take the release back, by itself and without asking.
  const { world: watched, lease } = await project.status()
  const ask = { release: watched.live!, service: 'api', phase: 'contract', by: 'test', env: {}, giveUpRollback: true }
  await assert.rejects(project.control.call('migration.begin', { token: lease!.token, ...ask, phase: 'contract' }), {
    code: 'deploy.unfinished',
  })
  assert.equal((await deploy.ended).code, 0)

  assert.equal((await shelf.run(['migrate', '--give-up-rollback'])).code, 2)
  assert.match((await shelf.run(['migrate', '--contract'])).stderr, /\[migration\.too-early\]/)
  const given = await shelf.must(['migrate', '--contract', '--give-up-rollback'])
  assert.ok(given.stdout.includes(`given up for it: ${first}`), given.stdout)
  assert.deepEqual(await shelf.columns(), ['id', 'name', 'category'])
  const { world, instances } = await project.status()
  assert.equal(world.warm, null)
  assert.ok(instances.every(({ release }) => release === world.live))

  const across = await shelf.run(['rollback'])
  assert.match(across.stderr, /\[rollback\.across-contract\]/)
  // Control itself refuses, too: a plan can be older than the contract.
  const { release } = await project.control.call('release.get', { release: first })
  const { token } = await project.control.call('lease.acquire', { holder: 'test', reason: 'test', process: null })
  const nothing = { operations: [], changes: [], downtime: [], retires: [] }
  const plan: Plan = { kind: 'rollback', base: world, release: release!, ...nothing, hash: '' }
  const origin = { folder: project.folder, channels: {} }
  await assert.rejects(project.control.call('deploy.begin', { token, plan, by: 'test', origin }), {
    code: 'rollback.across-contract',
  })
  await project.control.call('lease.release', { token })
  const { events } = await project.control.call('events', { after: 0, limit: 100 })
  assert.ok(events.some(({ kind, text }) => kind === 'rollback-given-up' && text.includes(first)))
})

void test('a command that finds the database by itself is told that it was not rehearsed', async () => {
  await using shelf = await Shelf.start('sqlite')
  const file = join(shelf.project.stateFolder, 'needs/db/db.db')
  const script = `import { DatabaseSync } from 'node:sqlite'
    new DatabaseSync(['', ...${JSON.stringify(file.split('/').slice(1))}].join('/')).exec('create table beside (a)')`
  shelf.write({ column: 'topic', expand: 'node beside.mjs', files: { 'beside.mjs': script } })
  const { code, stderr } = await shelf.run(['deploy'])
  assert.equal(code, 1)
  assert.match(stderr, /changed db itself where it was to change a copy {2}\[migration\.not-rehearsed\]/)
  assert.match(stderr, /\+ db: table beside: create table beside \(a\)/i)
})

void test('what a migration or a build says of a secret is told, and kept, without its value', async () => {
  await using shelf = await Shelf.start('sqlite')
  const env = { API_KEY: 'sw-key-0815' }
  const service = { secrets: ['API_KEY'] }
  const files = {
    'tell.mjs': 'console.log(`key ${process.env.API_KEY}`); process.exit(process.env.REHEARSAL ? 0 : 1)',
    // As from a file of its own: the environment of a build has no secrets.
    'build.mjs': "console.log(`key ${['sw', 'key', '0815'].join('-')}`); process.exit(1)",
  }
  shelf.write({ column: 'topic', expand: 'node tell.mjs', files, service })
  const migrated = await shelf.run(['deploy'], env)
  assert.match(migrated.stderr, /\[deploy\.migration-failed\][^]*\| key \[API_KEY\]/)
  shelf.write({ column: 'topic', expand: 'sql migrations', files, service: { ...service, build: 'node build.mjs' } })
  const built = await shelf.run(['deploy'], env)
  assert.match(built.stderr, /\[deploy\.build-failed\]\n {2}\| key \[API_KEY\]/)
  const kept = JSON.stringify([
    await shelf.project.control.call('migration.state', {}),
    await shelf.project.control.call('events', { after: 0, limit: 1000 }),
  ])
  assert.match(kept, /key \[API_KEY\]/)
  assert.doesNotMatch(`${migrated.stderr}${built.stderr}${kept}`, /sw-key-0815/)
})
