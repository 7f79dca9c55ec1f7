import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { until } from '../../../test/support/project.ts'
import { AuditTrail } from '../../control/audit/trail.ts'
import { State } from '../../control/state.ts'
import { systemClock } from '../../core/clock.ts'
import type { Command } from '../../deploy/targets/command.ts'
import { hostedRecords, type Beside } from './records.ts'

const ENTRY = join(import.meta.dirname, '../../control/records/main.ts')

function commandOf(...argv: readonly string[]): Command {
  return { argv: [process.execPath, ...argv], timeoutMs: 20_000, because: 'a test' }
}

/** What answers is run here instead of there. */
function asking(reader: (question: string) => Command | null) {
  const records: Beside['records'] = { place: 'volume x', reader: (question) => Promise.resolve(reader(question)) }
  return hostedRecords({ records, bridge: ['false'] })
}

function make(t: TestContext, count: number): string {
  const folder = mkdtempSync(join(tmpdir(), 'seaworthy-state-'))
  const state = new State(join(folder, 'state.db'))
  t.after(() => {
    state.close()
    rmSync(folder, { recursive: true, force: true })
  })
  const trail = new AuditTrail({ folder, state, clock: systemClock })
  for (let n = 1; n <= count; n++)
    trail.record({ who: 'me', what: 'service.stop', subject: { service: 'api' }, outcome: 'done' })
  return folder
}

/** A folder for what is thrown away, of this test alone. */
function throwaway(t: TestContext): string {
  const before = process.env['TMPDIR']
  const folder = mkdtempSync(join(tmpdir(), 'seaworthy-throwaway-'))
  process.env['TMPDIR'] = folder
  t.after(() => {
    if (before === undefined) delete process.env['TMPDIR']
    else process.env['TMPDIR'] = before
    rmSync(folder, { recursive: true, force: true })
  })
  return folder
}

test('what is listed is chosen there, what is verified is judged here, and nothing stays', async (t) => {
  const state = make(t, 300)
  const folder = throwaway(t)
  const records = asking((question) => commandOf(ENTRY, state, question))
  assert.deepEqual(
    (await records.trail({ sinceMs: null, limit: 2 })).map(({ sequence }) => sequence),
    [299, 300],
  )
  assert.equal((await records.verifyTrail()).records, 300)
  assert.deepEqual((await records.verifyEvents()).records, 0)
  assert.deepEqual(await records.events({}, 10), [])
  assert.deepEqual(readdirSync(folder), [])
})

test('where nothing was ever put in place there is nothing', async () => {
  const records = asking(() => null)
  assert.deepEqual(await records.trail({ sinceMs: null, limit: 2 }), [])
  assert.deepEqual((await records.verifyTrail()).files, [])
  assert.equal((await records.verifyEvents()).records, 0)
})

test('a way that fails, one that breaks off and one that says something else are told, with its last lines', async (t) => {
  const folder = throwaway(t)
  const failing = asking(() => commandOf('-e', 'console.error("no such image"); process.exit(125)'))
  const told = { code: 'environment.unreachable', message: /exited with 125$/, details: ['| no such image'] }
  await assert.rejects(failing.verifyTrail(), told)
  await assert.rejects(failing.trail({ sinceMs: null, limit: 1 }), told)
  const head = JSON.stringify({ head: { sequence: 1, hash: 'x' }, files: [{ name: 'audit-trail.jsonl', bytes: 9 }] })
  const broken = asking(() => commandOf('-e', `console.log('${head}')`))
  await assert.rejects(broken.verifyTrail(), {
    code: 'environment.unreachable',
    message: /no whole answer: it is cut off$/,
  })
  await assert.rejects(broken.trail({ sinceMs: null, limit: 1 }), {
    code: 'environment.unreachable',
    message: /no whole answer: it has no records$/,
  })
  assert.deepEqual(readdirSync(folder), [])
})

test('what is no answer is refused before its end; a program that is not there is told as that', async () => {
  const endless = 'const send = () => process.stdout.write("x".repeat(65536), send); send()'
  await assert.rejects(asking(() => commandOf('-e', endless)).verifyTrail(), {
    code: 'environment.unreachable',
    message: /no whole answer: its first line has no end$/,
  })
  const missing = { ...commandOf(), argv: ['seaworthy-no-such-program'] } as const
  await assert.rejects(asking(() => missing).verifyEvents(), { code: 'target.tool-missing' })
})

test('what is too large is refused at once, and the command that would go on sending it is ended', async () => {
  const head = JSON.stringify({
    head: { sequence: 1, hash: 'x' },
    files: [{ name: 'audit-trail.jsonl', bytes: 2 ** 40 }],
  })
  const endless = `console.log('${head}'); const send = () => process.stdout.write('x'.repeat(65536), send); send()`
  const begun = performance.now()
  await assert.rejects(asking(() => commandOf('-e', endless)).verifyTrail(), { code: 'records.too-large' })
  assert.ok(performance.now() - begun < 15_000)
})

test('who interrupts leaves no files behind', async (t) => {
  const folder = throwaway(t)
  const head = JSON.stringify({ head: { sequence: 1, hash: 'x' }, files: [{ name: 'audit-trail.jsonl', bytes: 9 }] })
  const slow = ['-e', `console.log('${head}'); setTimeout(() => {}, 10_000)`]
  const script = `import { hostedRecords } from ${JSON.stringify(join(import.meta.dirname, 'records.ts'))}
    const command = { argv: [process.execPath, ...${JSON.stringify(slow)}], timeoutMs: 20_000, because: 'a test' }
    await hostedRecords({ records: { place: 'x', reader: async () => command }, bridge: ['false'] }).verifyTrail()`
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: 'ignore' })
    const ended = new Promise((resolve) => child.once('close', (_, by) => resolve(by)))
    await until(
      () => readdirSync(folder, { recursive: true }).some((name) => String(name).endsWith('.jsonl')),
      'a file',
    )
    child.kill(signal)
    assert.equal(await ended, signal)
    assert.deepEqual(readdirSync(folder), [])
  }
})
