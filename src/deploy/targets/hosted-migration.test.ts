import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { dockerRelease } from '../../../test/support/docker-release.ts'
import { Problem } from '../../core/problem.ts'
import type { Errand, ErrandEnd } from '../errand.ts'
import type { MigrationRun } from '../migration.ts'
import { readSource } from '../source.ts'
import {
  runHostedMigration,
  settleHostedMigrations,
  type MigrationOrderOf,
  type MigrationPort,
} from './hosted-migration.ts'
import { migrationFiles } from './migration-files.ts'

const release = dockerRelease({
  api: { start: 'node main.js', env: { LEVEL: 'high' }, migrate: { expand: 'node migrate.js' } },
})
const errandOf = (id: number): Errand => ({ id, what: 'command', argv: ['node', 'migrate.js'], env: {} })

/** A run that wants so many things done, and ends as the last of them does. */
function portFor(errands: readonly Errand[], end: Partial<MigrationRun> = {}) {
  const orders: MigrationOrderOf[] = []
  const ends: (readonly [number, ErrandEnd])[] = []
  const runOf = (): MigrationRun =>
    ({
      id: 7,
      phase: 'expand',
      changes: [],
      lastLines: [],
      ...(ends.length < errands.length ? { outcome: 'running' } : { outcome: 'done', ...end }),
    }) as unknown as MigrationRun
  const port: MigrationPort = {
    done: async () => [],
    begin: async (order) => (orders.push(order), runOf()),
    follow: async () => runOf(),
    cancel: async () => ends.length === errands.length,
    running: async () => [runOf()],
    errand: async () => errands[ends.length] ?? null,
    endErrand: async (_, id, told) => void ends.push([id, told]),
  }
  return { port, orders, ends }
}

const input = {
  release,
  service: 'api',
  phase: 'expand',
  giveUpRollback: false,
  secrets: { KEY: 'x' },
  filesOf: async () => [],
} as const

test('each errand is seen through and told, until the run has ended', async () => {
  const { port, orders, ends } = portFor([errandOf(1), errandOf(2)])
  const seen: number[] = []
  const run = await runHostedMigration({
    ...input,
    port,
    perform: async (number, { id }) => (seen.push(number, id), { because: null, lastLines: [`line ${id}`] }),
  })
  assert.equal(run.outcome, 'done')
  assert.deepEqual(seen, [7, 1, 7, 2])
  assert.deepEqual(
    ends.map(([id, { lastLines }]) => [id, lastLines[0]]),
    [
      [1, 'line 1'],
      [2, 'line 2'],
    ],
  )
  assert.deepEqual(orders[0]!.env, { NODE_ENV: 'production', LEVEL: 'high', RELEASE: release.id, KEY: 'x' })
})

test('a run that fails is a problem with its last lines', async () => {
  const end = {
    outcome: 'failed',
    code: 'deploy.migration-failed',
    message: 'it failed',
    lastLines: ['no table'],
  } as const
  const { port } = portFor([errandOf(1)], end)
  const perform = async (): Promise<ErrandEnd> => ({ because: 'exited with 3', lastLines: [] })
  await assert.rejects(runHostedMigration({ ...input, port, perform }), {
    code: 'deploy.migration-failed',
    message: 'it failed',
    details: ['| no table'],
  })
})

test('what cannot be begun is told as its end: nobody waits for hours', async () => {
  const { port, ends } = portFor([errandOf(1)])
  const perform = async (): Promise<ErrandEnd> => {
    throw new Problem('image.not-there', 'the image is gone')
  }
  await runHostedMigration({ ...input, port, perform })
  assert.deepEqual(ends, [[1, { because: 'could not be run: the image is gone', lastLines: [] }]])
})

test('aborted, what is being applied is seen through to its end', async () => {
  const { port, ends } = portFor([errandOf(1)])
  const own: MigrationPort = {
    ...port,
    running: async () => [{ id: 7, release: release.id, service: 'api' } as MigrationRun],
  }
  const seen: unknown[] = []
  await settleHostedMigrations(own, release, async (service, run) => {
    seen.push([service, run])
    return { because: null, lastLines: [] }
  })
  assert.deepEqual([seen, ends.length], [[['api', 7]], 1])
})

test('the files of an sql migration come from the project, as long as it is what the release was made of', async (t) => {
  const projectFolder = mkdtempSync(join(tmpdir(), 'seaworthy-files-'))
  t.after(() => rmSync(projectFolder, { recursive: true, force: true }))
  mkdirSync(join(projectFolder, 'migrations'))
  for (const file of ['main.js', 'migrations/001.sql', 'migrations/notes.md'])
    writeFileSync(join(projectFolder, file), file)
  const made = dockerRelease(
    { api: { start: 'node main.js', uses: { db: 'required' }, migrate: { expand: 'sql ./migrations/' } } },
    { needs: { db: { kind: 'postgres' } } },
  )
  const { hash } = await readSource(projectFolder, made.config.services['api']!, [])
  const own = { ...made, artifacts: { api: hash } }
  const options = { projectFolder, keptOut: [] }
  assert.deepEqual(await migrationFiles(own, 'api', 'expand', options), [
    { path: 'migrations/001.sql', text: 'migrations/001.sql' },
  ])
  writeFileSync(join(projectFolder, 'main.js'), 'other')
  await assert.rejects(migrationFiles(own, 'api', 'expand', options), { code: 'deploy.moved' })
})
