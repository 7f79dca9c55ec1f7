import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempDisposableSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { processesMentioning, until } from '../../../test/support/project.ts'
import type { Job } from '../../control/api/contract.ts'
import { CHILD_VARIABLE } from '../../keeper/identity.ts'
import { runHere } from './run-here.ts'

const here = { mark: 'sw-test-mark', signal: new AbortController().signal }

function jobIn(cwd: string, script: string, more: Partial<Job> = {}): Job {
  const env = { PATH: process.env['PATH']!, DEPLOY: 'd7' }
  return { name: 'hook:after:d7@7-a', argv: ['sh', '-c', script], cwd, env, timeoutMs: 60_000, uses: null, ...more }
}

test('it runs in its folder with its variables and no other, and its last lines are kept', async () => {
  using folder = mkdtempDisposableSync(join(tmpdir(), 'seaworthy-hook-'))
  process.env['SW_LEAK'] = 'yes'
  const script = 'echo "$DEPLOY $SW_LEAK" > said; for n in $(seq 100); do echo line $n; done; echo last >&2; exit 3'
  const exit = await runHere(jobIn(folder.path, script), here)
  delete process.env['SW_LEAK']
  assert.equal(readFileSync(join(folder.path, 'said'), 'utf8'), 'd7 \n')
  assert.deepEqual([exit.ok, exit.description, exit.lastLines.length], [false, 'exited with 3', 30])
  assert.ok(exit.lastLines.includes('last') && exit.lastLines.includes('line 99') && !exit.lastLines.includes('line 9'))
  assert.deepEqual(await runHere(jobIn(folder.path, 'exit 0'), here), {
    ok: true,
    description: 'exited with 0',
    lastLines: [],
  })
})

test('a line without an end is cut', async () => {
  using folder = mkdtempDisposableSync(join(tmpdir(), 'seaworthy-hook-'))
  const exit = await runHere(jobIn(folder.path, 'head -c 1000000 /dev/zero | tr "\\\\0" x'), here)
  assert.equal(exit.lastLines.join('').length, 64 * 1024)
})

test('what it has started ends with it, in whatever session', async () => {
  using folder = mkdtempDisposableSync(join(tmpdir(), 'seaworthy-hook-'))
  const exit = await runHere(jobIn(folder.path, `setsid sleep 7171 & sleep 7172 & echo begun`), here)
  assert.deepEqual(exit.lastLines, ['begun'])
  assert.deepEqual([...processesMentioning('sleep 7171'), ...processesMentioning('sleep 7172')], [])
})

test('it ends after its time, and with its command', async () => {
  using folder = mkdtempDisposableSync(join(tmpdir(), 'seaworthy-hook-'))
  const late = await runHere(jobIn(folder.path, 'sleep 7173', { timeoutMs: 300 }), here)
  assert.deepEqual([late.ok, late.description], [false, 'did not end within 0.3 s'])
  const interrupted = new AbortController()
  const running = runHere(jobIn(folder.path, 'sleep 7174'), { ...here, signal: interrupted.signal })
  await until(() => processesMentioning('sleep 7174').length > 0, 'it to run')
  interrupted.abort()
  assert.deepEqual([(await running).ok, (await running).description], [false, 'was ended with its command'])
  assert.deepEqual(processesMentioning('sleep 7174'), [])
})

test('what a command that was killed has left of it ends before it runs again', async () => {
  using folder = mkdtempDisposableSync(join(tmpdir(), 'seaworthy-hook-'))
  const job = jobIn(folder.path, '! grep -q SEAWORTHY_CHILD /proc/$(cat pid)/environ 2> /dev/null')
  const left = spawn('sleep', ['7175'], {
    env: { ...job.env, [CHILD_VARIABLE]: `${here.mark}:${job.name}` },
    stdio: 'ignore',
  })
  const ended = once(left, 'exit')
  writeFileSync(join(folder.path, 'pid'), String(left.pid))
  await until(() => processesMentioning('sleep 7175').length > 0, 'it to run')
  const { ok } = await runHere(job, here)
  assert.deepEqual([ok, (await ended)[1]], [true, 'SIGKILL'])
})

test('one that the system does not start at all is told, too', async () => {
  using folder = mkdtempDisposableSync(join(tmpdir(), 'seaworthy-hook-'))
  const env = { PATH: process.env['PATH']!, BECAUSE: 'x'.repeat(1_000_000) }
  const { ok, description } = await runHere(jobIn(folder.path, 'true', { env }), here)
  assert.equal(ok, false)
  assert.match(description, /^could not be started: .*E2BIG/)
})

test('a program that is not there is told', async () => {
  using folder = mkdtempDisposableSync(join(tmpdir(), 'seaworthy-hook-'))
  const { ok, description } = await runHere(jobIn(folder.path, '', { argv: ['no-such-program'] }), here)
  assert.equal(ok, false)
  assert.match(description, /^could not be started: .*no-such-program/)
})
