import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { MigrationRun } from '../deploy/migration.ts'
import { describeMigrations, describeRun } from './migration-text.ts'

function run(more: Partial<MigrationRun> = {}): MigrationRun {
  return {
    id: 4,
    service: 'api',
    phase: 'expand',
    release: '2-x',
    sequence: 2,
    level: 1,
    command: ['sql', 'migrations'],
    migration: 'api:a:b',
    by: 'ann@box',
    token: 1,
    begunAt: 0,
    endedAt: 1_000,
    outcome: 'done',
    rehearsal: 'on a copy of db (sqlite, all data)',
    before: 'a',
    after: 'b',
    changes: ['+ db: column items.price'],
    code: null,
    message: null,
    hint: null,
    lastLines: [],
    gaveUp: [],
    ...more,
  }
}

test('the state says what has run, what waits, and who stands in the way until when', () => {
  const blockers = [{ release: '1-x', because: 'warm', warmUntil: 60_000 }] as const
  const contract = { command: ['sql', 'contract'], last: null, isDone: false, blockers }
  const services = [{ service: 'api', expand: { command: ['sql', 'migrations'], last: run() }, contract }]
  assert.equal(
    describeMigrations({ live: '2-x', level: 1, services, runs: [run()] }),
    [
      '2-x is live; 1 expanding migration has changed the schema',
      '',
      'api  expand    sql migrations  2-x: done at 1970-01-01 00:00:01, by ann@box; rehearsed on a copy of db (sqlite, all data)',
      'api  contract  sql contract    too early: 1-x (warm until 1970-01-01 00:01:00) was made for an earlier schema',
      '',
      'Runs',
      '#4  api  expand  2-x  done at 1970-01-01 00:00:01, by ann@box; rehearsed on a copy of db (sqlite, all data)',
      '    + db: column items.price',
    ].join('\n'),
  )
})

test('what is not known is not said to be unchanged', () => {
  assert.match(
    describeRun(run({ changes: [], after: null, outcome: 'unknown', message: 'it was killed' })),
    /^unknown .*; it was killed; .*; what it changed is not known$/,
  )
  assert.match(describeRun(run({ changes: [] })), /the schema stayed as it was$/)
  assert.match(describeRun(run({ gaveUp: ['1-x'] })), /given up for it: 1-x; \+ db: column items\.price$/)
  assert.match(describeRun(run({ outcome: 'running' })), /^under way since 1970-01-01 00:00:00, by ann@box/)
})
