import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { kubernetesRelease } from '../../../../test/support/kubernetes-release.ts'
import { KubernetesMigrations } from './migrations.ts'

const release = kubernetesRelease({ api: { start: 'node main.js', migrate: { expand: 'node migrate.js' } } })
const errand = { id: 2, what: 'command', argv: ['node', 'migrate.js'], env: { DB_URL: 'geheim' } } as const

/**
 * A cluster's answers, one after the other for each question, the last of them for good: what a real one says only while it goes
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
const words = process.argv.slice(4)
const what = words[0] === 'get' ? (words[2].startsWith('--') ? 'list ' : 'get ') + words[1] : words[0] === 'delete' ? 'delete ' + words[1] : words[0]
appendFileSync(${JSON.stringify(asked)}, what + '\\n')
const times = readFileSync(${JSON.stringify(asked)}, 'utf8').split('\\n').filter((line) => line === what).length
const all = answers[what] ?? []
const answer = all[Math.min(times, all.length) - 1]
if (answer === 'killed') process.kill(process.pid, 'SIGKILL')
else if (answer === 'away') process.exitCode = 1
else if (answer !== undefined) console.log(answer)
`
  writeFileSync(join(folder, 'kubectl'), script, { mode: 0o755 })
  const migrations = new KubernetesMigrations({
    access: { context: null, namespace: 'shop' },
    place: { app: 'shop', environment: 'production' },
    run: { env: { PATH: `${folder}:${dirname(process.execPath)}` } },
    imageOf: async () => ({ image: 'i:1', isOwn: false }),
  })
  const verbs = (): readonly string[] => readFileSync(asked, 'utf8').trim().split('\n')
  return { migrations, verbs }
}

const NONE = JSON.stringify({ items: [] })
const job = (status: object): string => JSON.stringify({ status })
const pod = (state: object): string =>
  JSON.stringify({
    items: [
      {
        metadata: { name: 'p1', creationTimestamp: '2026-11-22T10:00:00Z' },
        status: { containerStatuses: [{ name: 'api', state }] },
      },
    ],
  })
const COMPLETE = job({ conditions: [{ type: 'Complete', status: 'True' }] })

function there(run: string, active: number): string {
  const labels = { 'seaworthy.migration': run, 'seaworthy.applying': 'yes' }
  return JSON.stringify({ items: [{ metadata: { name: `run-${run}`, labels }, status: { active } }] })
}

test('a step is begun, closed as soon as it runs, and its end told with its last lines', async (t) => {
  const { migrations, verbs } = migrationsWith(t, {
    'get jobs': ['', job({}), COMPLETE],
    'list jobs': [NONE],
    'get configmaps': ['uid-1'],
    'list pods': [pod({ running: {} }), pod({ terminated: { exitCode: 0 } })],
    logs: ['one\ndone\n'],
  })
  assert.deepEqual(await migrations.perform(release, 'api', 4, errand), { because: null, lastLines: ['one', 'done'] })
  assert.deepEqual(verbs(), [
    'get jobs',
    'list jobs',
    'apply',
    'get configmaps',
    'apply',
    'get jobs',
    'list pods',
    'delete secrets',
    'get jobs',
    'list pods',
    'logs',
  ])
})

test('Ctrl-C over the wait and a cluster that is away for a moment end no step that is at work', async (t) => {
  const { migrations, verbs } = migrationsWith(t, {
    'get jobs': ['away', job({}), 'killed', COMPLETE],
    'list pods': ['away', pod({ terminated: { exitCode: 0 } })],
    logs: ['killed', 'done'],
  })
  assert.deepEqual(await migrations.perform(release, 'api', 4, errand), { because: null, lastLines: ['done'] })
  assert.ok(!verbs().includes('apply'), 'it is gone on with, not begun again')
})

test('while a step of another run still changes the database, none is begun', async (t) => {
  const { migrations, verbs } = migrationsWith(t, { 'get jobs': [''], 'list jobs': [there('3', 1)] })
  await assert.rejects(migrations.perform(release, 'api', 4, errand), { code: 'migration.running', message: /run-3/ })
  assert.ok(!verbs().includes('apply'))
})

test('what is over is removed; what is under way or still changes a database is not', async (t) => {
  const labels = (run: string): object => ({ name: `run-${run}`, labels: { 'seaworthy.migration': run } })
  const all = JSON.stringify({ items: ['1', '2', '3'].map((run) => ({ metadata: labels(run) })) })
  const { migrations, verbs } = migrationsWith(t, { 'list configmaps': [all], 'list jobs': [there('2', 1)] })
  await migrations.tidy([1, 3])
  assert.deepEqual(verbs(), ['list configmaps', 'list jobs'])
  await migrations.tidy([1])
  assert.equal(verbs().at(-1), 'delete configmaps')
})

test('one that somebody took away has not ended well', async (t) => {
  const { migrations } = migrationsWith(t, { 'get jobs': [job({}), ''], 'list pods': [pod({ running: {} })] })
  const end = await migrations.perform(release, 'api', 4, errand)
  assert.deepEqual(end, { because: 'was removed by somebody else', lastLines: [] })
})
