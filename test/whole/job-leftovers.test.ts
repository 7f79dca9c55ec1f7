/** What a job leaves behind: no process, in whatever session, and no log without a bound. */
import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { stateOf } from '../support/processes.ts'
import { plainConfig, TestProject, until } from '../support/project.ts'

/** One in a session of its own, one in the group of the hook. */
const STARTS_BOTH = `
setsid sh -c 'echo $$ >> "$PIDS"; exec sleep 971' &
sh -c 'echo $$ >> "$PIDS"; exec sleep 972' &
while [ "$(wc -l < "$PIDS")" -lt 2 ]; do sleep 0.02; done
`
const PIDS_FILE = '.seaworthy/pids.txt'
const WRITES = 60 * 1024 * 1024
/** What the keeper keeps of an output at most, and copies of it at once. */
const KEPT_MAX = 41 * 1024 * 1024

const configOf = (after: string): object => plainConfig({ environment: { hooks: { after }, watch: { for: '300ms' } } })

const pidsOf = (project: TestProject): readonly number[] => {
  const file = join(project.folder, PIDS_FILE)
  return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n').map(Number) : []
}

const isThere = (pid: number): boolean => ![null, 'Z', 'X'].includes(stateOf(pid))

const hookState = async (project: TestProject): Promise<string | undefined> =>
  (await project.control.call('hook.look', { deploy: 'd1' })).hook?.state

void test('what a hook has started ends with the hook, also in a session of its own', async () => {
  await using project = new TestProject(configOf('sh noisy.sh'), {
    'noisy.sh': `PIDS=$PWD/${PIDS_FILE}; export PIDS; : > "$PIDS"\n${STARTS_BOTH}`,
  })
  await project.must(['up', '--detach'])
  await until(async () => (await hookState(project)) === 'done', 'the hook to end')
  assert.equal(pidsOf(project).length, 2)
  assert.deepEqual(pidsOf(project).filter(isThere), [])
})

void test('`stop` ends a hook that still runs, with all that it has started', async () => {
  await using project = new TestProject(configOf('sh noisy.sh'), {
    'noisy.sh': `PIDS=$PWD/${PIDS_FILE}; export PIDS; : > "$PIDS"\n${STARTS_BOTH}\nsleep 973\n`,
  })
  // It would wait for the hook.
  const up = project.start(['up', '--detach'])
  await until(() => pidsOf(project).length === 2, 'both to run')
  process.kill(up.pid, 'SIGKILL')
  await up.ended
  assert.equal(await hookState(project), 'running')
  await project.must(['stop'])
  assert.deepEqual(pidsOf(project).filter(isThere), [])
})

void test('the output of a job that ended is bounded, and its last lines are told', async () => {
  await using project = new TestProject(configOf('node loud.mjs'), {
    'loud.mjs': `
import { writeSync } from 'node:fs'
const chunk = Buffer.alloc(1024 * 1024, 'x'.repeat(1023) + '\\n')
for (let written = 0; written < ${WRITES}; written += chunk.length) writeSync(1, chunk)
writeSync(1, 'that was all\\n')
process.exitCode = 3
`,
  })
  await project.must(['up', '--detach'])
  await until(async () => (await hookState(project)) === 'failed', 'the hook to end')
  const { hook } = await project.control.call('hook.look', { deploy: 'd1' })
  assert.equal(hook!.lastLines.at(-1), 'that was all')
  const folder = join(project.stateFolder, 'logs')
  const sizes = readdirSync(folder)
    .filter((name) => name.startsWith('hook:after:'))
    .map((name) => statSync(join(folder, name)).size)
  assert.ok(sizes.length > 0)
  assert.ok(sizes.reduce((sum, size) => sum + size, 0) < KEPT_MAX, sizes.join(' + '))
})
