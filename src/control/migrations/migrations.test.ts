import assert from 'node:assert/strict'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test, type TestContext } from 'node:test'
import { systemClock } from '../../core/clock.ts'
import type { MigrationRun } from '../../deploy/migration.ts'
import type { Release } from '../../deploy/release.ts'
import type { Job, JobExit } from '../api/contract.ts'
import type { Jobs } from '../jobs.ts'
import type { NeedConnection } from '../needs/connection.ts'
import { State } from '../state.ts'
import { saveReport, type MigrationReport } from './job/report.ts'
import { Migrations, type MigrationRequest } from './migrations.ts'

const CLEAN: JobExit = { ok: true, description: 'exited with 0', lastLines: [] }
const KILLED: JobExit = { ok: false, description: 'killed by SIGKILL', lastLines: ['last words'] }

interface Options {
  /** Its job, or what becomes of it. */
  readonly job: (report: (report: MigrationReport) => void) => Promise<JobExit>
  readonly withDatabase?: boolean
  readonly lookWithinMs?: number
}

function makeMigrations(t: TestContext, { job, withDatabase = true, lookWithinMs = 20_000 }: Options) {
  const folder = mkdtempSync(join(tmpdir(), 'seaworthy-migrations-'))
  const state = new State(join(folder, 'state.db'))
  const file = join(folder, 'db.db')
  new DatabaseSync(file).close()
  t.after(() => {
    state.close()
    rmSync(folder, { recursive: true, force: true })
  })
  let started = 0
  const jobs = {
    run: async ({ env }: Job) => {
      started += 1
      const { report } = JSON.parse(env['SEAWORTHY_MIGRATION']!) as { report: string }
      return job((text) => saveReport(report, text))
    },
  } as unknown as Jobs
  const connection: NeedConnection = {
    need: 'db',
    kind: 'sqlite',
    relation: 'required',
    url: `file:${file}`,
    variables: {},
  }
  const migrations = new Migrations({
    folder,
    state,
    jobs,
    keeper: { list: async () => ({ pid: 1, startedAt: 1, children: [], sockets: [] }) },
    clock: systemClock,
    connectionsOf: () => (withDatabase ? [connection] : []),
    lookWithinMs,
  })
  return { folder, file, state, migrations, started: () => started }
}

function request(state: State, sequence: number, token = 1): MigrationRequest {
  const services = { api: { migrate: { expand: ['node', 'x'], contract: null }, env: {}, uses: {} } }
  const artifacts = { api: `artifact-${sequence}` }
  const release = { id: `${sequence}-x`, sequence, migrationLevel: 0, config: { services }, artifacts }
  state.saveRelease(release as unknown as Release)
  return {
    release: release as unknown as Release,
    service: 'api',
    phase: 'expand',
    by: 'me',
    token,
    env: {},
    gaveUp: [],
  }
}

function ended(before: string[] | null, after: string[] | null): MigrationReport {
  const [then, now] = [before, after].map((schema) => (schema === null ? null : [schema]))
  return { step: 'ended', rehearsal: null, isBegun: true, before: then ?? null, after: now ?? null, problem: null }
}

async function run(migrations: Migrations, asked: MigrationRequest): Promise<MigrationRun> {
  return migrations.follow(migrations.begin(asked).id, 10_000)
}

test('the level counts expands that changed the schema, and the release that made the change has the new one', async (t) => {
  const schemas = [
    [['table a'], ['table a', 'table b']],
    [
      ['table a', 'table b'],
      ['table a', 'table b'],
    ],
  ]
  const { migrations, state } = makeMigrations(t, {
    job: async (report) => {
      const [before, after] = schemas.shift()!
      report(ended(before!, after!))
      return CLEAN
    },
  })
  const first = await run(migrations, request(state, 1))
  assert.deepEqual([first.outcome, first.level, first.changes], ['done', 1, ['+ table b']])
  assert.equal(state.release('1-x')!.migrationLevel, 1)
  const second = await run(migrations, request(state, 2, 2))
  assert.deepEqual([second.outcome, second.level, migrations.level()], ['done', 1, 1])
})

test('of a service whose database is not known every expand counts', async (t) => {
  const { migrations, state } = makeMigrations(t, {
    withDatabase: false,
    job: async (report) => {
      report(ended([], []))
      return CLEAN
    },
  })
  await run(migrations, request(state, 1))
  assert.equal(migrations.level(), 1)
})

const BROKEN = { code: 'deploy.migration-failed', message: 'it exited with 1', hint: null, details: [] }

test('a job whose database went down with it is looked at again once the database is back', async (t) => {
  const { migrations, state, file } = makeMigrations(t, {
    job: async (report) => {
      using database = new DatabaseSync(file)
      database.exec('create table half (a)')
      report({ step: 'ended', rehearsal: 'on a copy', isBegun: true, before: [[]], after: null, problem: BROKEN })
      return KILLED
    },
  })
  const failed = await run(migrations, request(state, 1))
  assert.deepEqual([failed.outcome, failed.changes], ['failed', ['+ db: table half: CREATE TABLE half (a)']])
  assert.match(failed.hint!, /left the changes shown here/)
  assert.equal(migrations.level(), 1)
  assert.equal(state.release('1-x')!.migrationLevel, 1)
})

for (const [isBegun, outcome, level] of [
  [true, 'unknown', 1],
  [false, 'failed', 0],
] as const) {
  test(`of a database that stays down it is not known what a run has left: ${outcome}, ${isBegun ? 'begun' : 'only rehearsed'}`, async (t) => {
    const { migrations, state, file } = makeMigrations(t, {
      lookWithinMs: 0,
      job: async (report) => {
        // Whoever reads it fails; its lock is beside it.
        writeFileSync(file, 'no database at all, and that in a file which is long enough to be looked at'.repeat(20))
        report({ step: 'ended', rehearsal: 'on a copy', isBegun, before: [[]], after: null, problem: BROKEN })
        return KILLED
      },
    })
    const run1 = await run(migrations, request(state, 1))
    assert.deepEqual([run1.outcome, run1.changes, run1.after, migrations.level()], [outcome, [], null, level])
    assert.match(run1.hint!, /not known: the databases could not be looked at: .*not a database/)
    assert.doesNotMatch(`${run1.message} ${run1.hint}`, /as it was|as they were/)
  })
}

test('of a service whose database is not known a run that failed may have changed it, once it was begun', async (t) => {
  const { migrations, state } = makeMigrations(t, {
    withDatabase: false,
    job: async (report) => {
      report({ step: 'ended', rehearsal: 'not rehearsed', isBegun: true, before: [], after: [], problem: BROKEN })
      return KILLED
    },
  })
  const failed = await run(migrations, request(state, 1))
  assert.deepEqual([failed.outcome, migrations.level()], ['unknown', 1])
  assert.match(failed.hint!, /what it had committed before failing is still there/)
})

test('asking again joins what runs, and finds what is done or was begun for the same caller', async (t) => {
  const { promise, resolve } = Promise.withResolvers<JobExit>()
  const { migrations, state, started } = makeMigrations(t, {
    job: async (report) => {
      const exit = await promise
      report(ended(['table a'], ['table a']))
      return exit
    },
  })
  const asked = request(state, 1)
  const { id } = migrations.begin(asked)
  assert.equal(migrations.begin({ ...asked, token: 2 }).id, id)
  assert.throws(() => migrations.begin(request(state, 2)), { code: 'migration.running' })
  resolve(CLEAN)
  await migrations.follow(id, 10_000)
  assert.equal(migrations.begin(asked).id, id)
  assert.equal(migrations.begin({ ...asked, token: 3 }).id, id)
  assert.equal(started(), 1)
})

test('one that failed is not run again for the same caller, and is for the next one', async (t) => {
  const { migrations, state, started } = makeMigrations(t, { job: async () => KILLED })
  const asked = request(state, 1)
  const failed = await run(migrations, asked)
  assert.equal(failed.outcome, 'failed')
  assert.equal(migrations.begin(asked).id, failed.id)
  assert.equal(started(), 1)
  await run(migrations, { ...asked, token: 2 })
  assert.equal(started(), 2)
})

test('what a killed job has changed is found in the database, its copies go', async (t) => {
  const { migrations, state, file, folder } = makeMigrations(t, {
    job: async (report) => {
      report({ step: 'applying', rehearsal: null, before: [[]] })
      using database = new DatabaseSync(file)
      database.exec('create table half (a)')
      const copies = join(folder, 'migrations', 'copies')
      mkdirSync(copies, { recursive: true })
      new DatabaseSync(join(copies, 'db.db')).close()
      return KILLED
    },
  })
  const killed = await run(migrations, request(state, 1))
  assert.deepEqual([killed.outcome, killed.changes], ['unknown', ['+ db: table half: CREATE TABLE half (a)']])
  assert.match(killed.message!, /was killed \(killed by SIGKILL\): what it had done until then is there/)
  assert.deepEqual(killed.lastLines, ['last words'])
  assert.equal(existsSync(join(folder, 'migrations/copies/db.db')), false)
  // Somebody has to know that releases of before were made for another schema.
  assert.equal(migrations.level(), 1)
  assert.deepEqual(state.get('migrations'), [])
})

test('after a reboot a run whose job is gone gets its end', async (t) => {
  const { migrations, state } = makeMigrations(t, { job: () => new Promise(() => {}) })
  const { id, ...run } = state.migrationRuns.begin({ ...(await begunRun(migrations, state)), outcome: 'running' })
  await migrations.resume()
  const resumed = await migrations.follow(id, 10_000)
  assert.equal(run.outcome, 'running')
  assert.deepEqual([resumed.outcome, resumed.changes], ['failed', []])
  assert.match(resumed.message!, /its process is gone\): only copies were touched/)
})

/** The row of a run as another control has left it. */
async function begunRun(migrations: Migrations, state: State): Promise<MigrationRun> {
  const row = migrations.begin(request(state, 1))
  state.migrationRuns.save({ ...row, outcome: 'failed' })
  return row
}
