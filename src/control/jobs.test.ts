import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ChildState, Exit } from '../keeper/protocol.ts'
import { Jobs } from './jobs.ts'
import type { KeeperLink } from './keeper-link.ts'

const job = { name: 'migrate:api@1-aaaaaaaa', argv: ['x'], cwd: '/', env: {}, timeoutMs: 60_000, uses: null }

/** A keeper that has at most this one child. */
function makeJobs(left: Pick<ChildState, 'state' | 'exit'> | null) {
  let child = left && ({ ...left, name: job.name } as ChildState)
  let starts = 0
  const keeper = {
    list: async () => ({ children: child ? [child] : [] }),
    forget: async () => void (child = null),
    signal: async () => {},
    spawn: async () => {
      starts += 1
      child = { name: job.name, state: 'running', exit: null } as ChildState
      return child
    },
  } as unknown as KeeperLink
  const jobs = new Jobs(keeper, '/nowhere')
  const end = (exit: Exit): void => {
    child = { name: job.name, state: 'exited', exit } as ChildState
  }
  return { jobs, end, starts: () => starts }
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
