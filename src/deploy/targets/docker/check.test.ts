import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { runCommand } from '../run-command.ts'
import { checkWords, runCheck } from './check.ts'

/** What runs in a container runs here as well: the words are a program and its arguments. */
async function checked(runtime: 'node' | 'python', argv: readonly string[], timeoutMs = 20_000) {
  const [program, ...args] = checkWords({ runtime, argv, timeoutMs })
  const command = { argv: [program!, ...args] as const, timeoutMs: 60_000, because: 'a test' }
  const { code, lastLines } = await runCommand(command, { env: process.env, streams: true })
  return { code, lastLines }
}

for (const runtime of ['node', 'python'] as const) {
  test(`a check in an image with ${runtime}: its code, its words and its end in time`, async () => {
    assert.deepEqual(await checked(runtime, ['sh', '-c', 'echo "no database"; exit 7']), {
      code: 7,
      lastLines: ['no database'],
    })
    assert.equal((await checked(runtime, ['true'])).code, 0)
    assert.equal((await checked(runtime, ['sleep', '600'], 300)).code, 124)
    const missing = await checked(runtime, ['no-such-check'])
    assert.notEqual(missing.code, 0)
    assert.match(missing.lastLines.join('\n'), /there is no such program/)
  })
}

test('an image of somebody else is asked as it is', () => {
  const argv = ['redis-cli', 'ping']
  assert.deepEqual(checkWords({ runtime: null, argv, timeoutMs: 1_000 }), argv)
})

/** A client of the engine that is killed after so many seconds, as ours is when it takes too long. */
function killedAfter(t: TestContext, seconds: number) {
  const folder = mkdtempSync(join(tmpdir(), 'seaworthy-docker-'))
  t.after(() => rmSync(folder, { recursive: true }))
  writeFileSync(join(folder, 'docker'), `#!/bin/sh\nsleep ${seconds}\nkill -KILL $$\n`, { mode: 0o755 })
  const run = { env: { PATH: `${folder}:/usr/bin:/bin` } }
  return { host: null, run, container: 'c', argv: ['redis-cli', 'ping'], scrub: (text: string) => text }
}

test('one that hangs where nothing ends it has failed, and says no more of the engine', async (t) => {
  const check = { ...killedAfter(t, 0.3), timeoutMs: 200 }
  assert.equal(await runCheck({ ...check, runtime: null }), 'redis-cli ping did not end within 0.2 s')
  // There it would have been ended inside: it is the engine that hangs.
  await assert.rejects(runCheck({ ...check, runtime: 'node' }), { code: 'target.tool-failed' })
})

test('a client that ends before the check had its time says nothing of the instance', async (t) => {
  const check = { ...killedAfter(t, 0), runtime: null, timeoutMs: 60_000 }
  await assert.rejects(runCheck(check), { code: 'target.tool-failed' })
})
