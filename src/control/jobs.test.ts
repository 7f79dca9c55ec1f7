import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import type { ChildState, Exit } from '../keeper/protocol.ts'
import { Jobs } from './jobs.ts'
import type { KeeperLink } from './keeper-link.ts'

const job = { name: 'migrate:api@1-aaaaaaaa', argv: ['x'], cwd: '/', env: {}, timeoutMs: 60_000, uses: null }

/** A keeper that has at most this one child. */
function makeJobs(left: Pick<ChildState, 'state' | 'exit'> | null, folder = tmpdir()) {
  let child = left && ({ ...left, name: job.name } as ChildState)
  let starts = 0
  let forgets = 0
  const keeper = {
    list: async () => ({ children: child ? [child] : [] }),
    forget: async () => {
      forgets += 1
      child = null
    },
    signal: async () => {},
    spawn: async () => {
      starts += 1
      child = { name: job.name, state: 'running', exit: null } as ChildState
      return child
    },
  } as unknown as KeeperLink
  const jobs = new Jobs(keeper, folder)
  const end = (exit: Exit): void => {
    child = { name: job.name, state: 'exited', exit } as ChildState
  }
  return { jobs, end, starts: () => starts, forgets: () => forgets }
}
const code = (value: number): Exit => ({ kind: 'code', code: value, at: 1 })

test('a job that ended while nobody listened is answered with its status and not run a second time', async () => {
  for (const [exit, ok] of [
    [code(0), true],
    [code(3), false],
  ] as const) {
    const { jobs, starts } = makeJobs({ state: 'exited', exit })
    assert.equal((await jobs.run(job)).ok, ok)
    assert.equal(starts(), 0)
  }
})

test('a job that ended between two keepers is answered after the succession', async () => {
  const { jobs, end, starts } = makeJobs(null)
  const running = jobs.run(job)
  while (starts() === 0) await new Promise((resolve) => setImmediate(resolve))
  end(code(0))
  await jobs.reconcile()
  assert.equal((await running).ok, true)
})

/** A folder where the job has left its last words. */
function makeOutput(t: TestContext, text: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'seaworthy-jobs-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  mkdirSync(join(folder, 'logs'))
  writeFileSync(join(folder, 'logs', `${job.name}.log`), text)
  return folder
}

test('what a job has said is told without the values of its secrets and the passwords in its environment', async (t) => {
  const said = 'key sw-key-0815, tried postgres://u:p4ssw0rd@h/shop\nthen p4ssw0rd and pg-word to shop on h\n'
  const { jobs } = makeJobs({ state: 'exited', exit: code(1) }, makeOutput(t, said))
  const env = { API_KEY: 'sw-key-0815', DB_URL: 'postgres://u:p4ssw0rd@h/shop', PGPASSWORD: 'pg-word', PGHOST: 'h' }
  assert.deepEqual((await jobs.run({ ...job, env, secrets: ['API_KEY'] })).lastLines, [
    'key [API_KEY], tried [DB_URL]',
    'then [DB_URL] and [PGPASSWORD] to shop on h',
  ])
})

test('where a secret of the job is not known any more, what it has said is not shown', async (t) => {
  const { jobs } = makeJobs({ state: 'exited', exit: code(1) }, makeOutput(t, 'key sw-key-0815\n'))
  const { lastLines } = await jobs.run({ ...job, secrets: ['API_KEY'] })
  assert.equal(lastLines.length, 1)
  assert.match(lastLines[0]!, /^\(not shown: .*API_KEY.*logs/)
})

test('two who wait for one job end it once: the second would meet the next one of that name', async () => {
  const { jobs, end, forgets } = makeJobs({ state: 'running', exit: null })
  const both = Promise.all([jobs.run(job), jobs.run(job)])
  await new Promise((resolve) => setImmediate(resolve))
  end(code(0))
  await jobs.reconcile()
  assert.deepEqual(
    (await both).map(({ ok }) => ok),
    [true, true],
  )
  assert.equal(forgets(), 1)
})
