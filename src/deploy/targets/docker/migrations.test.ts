import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { dockerRelease } from '../../../../test/support/docker-release.ts'
import { DockerMigrations } from './migrations.ts'

const release = dockerRelease({ api: { start: 'node main.js', migrate: { expand: 'node migrate.js' } } })
const errand = { id: 2, what: 'command', argv: ['node', 'migrate.js'], env: {} } as const

/**
 * An engine's answers, one after the other for each verb, the last of them for good: what a real one says only while it goes
 * away or somebody presses Ctrl-C. `killed`: the program is ended before it answers.
 */
function migrationsWith(t: TestContext, answers: Readonly<Record<string, readonly string[]>>) {
  const folder = mkdtempSync(join(tmpdir(), 'seaworthy-migrations-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const asked = join(folder, 'asked')
  writeFileSync(asked, '')
  const script = `#!${process.execPath}
const { appendFileSync, readFileSync } = require('node:fs')
const answers = ${JSON.stringify(answers)}
const verb = process.argv[2]
appendFileSync(${JSON.stringify(asked)}, process.argv.slice(2).join(' ') + '\\n')
if (verb === 'image') console.log(JSON.stringify([{ Id: 'sha256:1', Config: { User: '65532' }, RootFS: {} }]))
const times = readFileSync(${JSON.stringify(asked)}, 'utf8').split('\\n').filter((line) => line.startsWith(verb + ' ')).length
const answer = (answers[verb] ?? [])[Math.min(times, (answers[verb] ?? []).length) - 1]
if (answer === 'killed') process.kill(process.pid, 'SIGKILL')
else if (answer === 'away') process.exitCode = 1
else if (answer !== undefined) console.log(answer)
`
  writeFileSync(join(folder, 'docker'), script, { mode: 0o755 })
  const run = { env: { PATH: `${folder}:${dirname(process.execPath)}` } }
  const place = { app: 'shop', environment: 'staging' }
  const migrations = new DockerMigrations({ host: null, place, run, imageOf: async () => 'image' })
  /** First words of what was asked. */
  const verbs = (): readonly string[] =>
    readFileSync(asked, 'utf8')
      .split('\n')
      .map((line) => line.split(' ')[0]!)
  return { migrations, verbs, lines: () => readFileSync(asked, 'utf8').split('\n') }
}

function shown(Status: string, ExitCode = 0): string {
  return JSON.stringify([
    { Id: 'c1', Config: { Labels: {} }, State: { Status, ExitCode, OOMKilled: false }, Mounts: [] },
  ])
}

test('Ctrl-C over the wait and an engine that is away for a moment end no step that is at work', async (t) => {
  const { migrations, verbs } = migrationsWith(t, {
    ps: ['away', 'c1', 'away', 'c1'],
    inspect: [shown('running'), 'away', shown('running'), shown('exited')],
    wait: ['killed', 'away', '0'],
    logs: ['killed', 'done'],
  })
  const end = await migrations.perform(release, 'api', 4, errand)
  assert.deepEqual(end, { because: null, lastLines: ['done'] })
  assert.deepEqual(
    verbs().filter((verb) => ['image', 'create', 'start', 'rm'].includes(verb)),
    [],
  )
})

test('one whose start was cut off after it began is waited for, and its exit code counts', async (t) => {
  const { migrations } = migrationsWith(t, {
    ps: ['', '', 'c1'],
    start: ['killed'],
    inspect: [shown('running'), shown('exited', 3)],
    logs: ['no table'],
  })
  assert.deepEqual(await migrations.perform(release, 'api', 4, errand), {
    because: 'exited with 3',
    lastLines: ['no table'],
  })
})

test('one that never began is a failure at once', async (t) => {
  const { migrations, verbs } = migrationsWith(t, {
    ps: ['', '', 'c1'],
    start: ['away'],
    inspect: [shown('created')],
  })
  await assert.rejects(migrations.perform(release, 'api', 4, errand), {
    code: 'target.tool-failed',
    message: /docker start/,
  })
  assert.ok(!verbs().includes('wait'))
})

test('one that somebody removed meanwhile has not ended well', async (t) => {
  const { migrations } = migrationsWith(t, { ps: ['c1', ''], inspect: [shown('running')], wait: ['away'] })
  const { because } = await migrations.perform(release, 'api', 4, errand)
  assert.equal(because, 'was removed by somebody else')
})

test('what is left of runs goes, also a volume that no container mounts; what is under way, and a folder, stay', async (t) => {
  const prefix = 'seaworthy_shop_staging'
  const volumes = [
    `${prefix}_migrate_3-1_copy`,
    `${prefix}_migrate_3-2_secrets`,
    `${prefix}_migrate_4-1-dump_secrets`,
    `${prefix}_api_data_3a6eb079`,
    `${prefix}_api_7-3fa9c1d2_secrets`,
  ]
  const { migrations, lines } = migrationsWith(t, { ps: [''], volume: [volumes.join('\n')] })
  await migrations.tidy([4])
  assert.deepEqual(
    lines().filter((line) => line.includes(' rm ')),
    [`volume rm --force ${volumes[0]}`, `volume rm --force ${volumes[1]}`],
  )
})

const applying = { 'seaworthy.applying': 'yes' }

function atWork(run: number, labels: object, StartedAt = new Date().toISOString()) {
  const State = { Status: 'running', StartedAt, ExitCode: 0, OOMKilled: false }
  return { Id: `c${run}`, Config: { Labels: { 'seaworthy.migration': String(run), ...labels } }, State }
}

test('what still changes a database stays until it has ended, or its time is over; a rehearsal goes', async (t) => {
  const there = [atWork(3, applying), atWork(4, {}), atWork(5, applying, '2026-01-01T00:00:00.123456789Z')]
  const volumes = [3, 4, 5].map((run) => `seaworthy_shop_staging_migrate_${run}-2_secrets`)
  const { migrations, lines } = migrationsWith(t, {
    ps: ['c3\nc4\nc5'],
    inspect: [JSON.stringify(there)],
    volume: [volumes.join('\n')],
  })
  await migrations.tidy([])
  const removed = lines().filter((line) => /\brm\b/.test(line) && !line.endsWith('_carrier'))
  assert.deepEqual(removed, [
    'rm --force --volumes c4 c5',
    `volume rm --force ${volumes[1]}`,
    `volume rm --force ${volumes[2]}`,
  ])
})

test('nothing is begun beside what still changes the database for another run', async (t) => {
  const { migrations, verbs } = migrationsWith(t, { ps: ['', 'c3'], inspect: [JSON.stringify([atWork(3, applying)])] })
  await assert.rejects(migrations.perform(release, 'api', 4, errand), {
    code: 'migration.running',
    message: 'a step of run 3 still changes the database; `docker wait c3` ends when it does',
  })
  assert.ok(!verbs().includes('create'))
})
