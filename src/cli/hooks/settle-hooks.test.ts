import assert from 'node:assert/strict'
import { mkdtempDisposableSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { ControlClient } from '../../control/api/client.ts'
import type { OwedHook } from '../../control/api/hooks-methods.ts'
import { ownIdentity } from '../../core/process-identity.ts'
import { settleHooks } from './settle-hooks.ts'

type Call = readonly [method: string, input: { readonly deploy?: string; readonly instead?: string | null }]

/** A control with these hooks owed; `taken`: whether it lets go of them. */
function controlWith(owedHooks: readonly OwedHook[] | undefined, folder: string, taken = true) {
  const calls: Call[] = []
  const script = 'echo "$DEPLOY $OUTCOME" >> runs; cat "$PROOF" > proof; echo said; test "$DEPLOY" != d3'
  const hooks = { before: null, after: ['sh', '-c', script], failed: null }
  const plan = {
    release: { id: '2-b', config: { name: 'shop', environment: 'staging', hooks } },
    base: { live: '1-a' },
    operations: [],
    hash: 'abc',
  }
  const answers: Readonly<Record<string, (input: Call[1]) => unknown>> = {
    status: () => ({ owedHooks }),
    'hook.begin': ({ deploy }) => {
      if (deploy === 'gone') throw new Error('it is not known')
      return { taken }
    },
    'hook.end': () => ({}),
    'deploy.get': ({ deploy: id }) => ({
      deploy: { id, state: 'done', message: null, proof: { deploy: id }, plan, kind: 'deploy', by: 'anna' },
    }),
  }
  const call = async (method: string, input: Call[1]): Promise<unknown> => {
    calls.push([method, input])
    return answers[method]!(input)
  }
  writeFileSync(join(folder, 'runs'), '')
  const place = { folder, path: process.env['PATH']!, mark: 'sw-test-settle' }
  const notes: string[] = []
  const settle = () =>
    settleHooks({ call, close: () => {} } as unknown as ControlClient, place, (text) => notes.push(text))
  return { calls, notes, settle, runs: () => readFileSync(join(folder, 'runs'), 'utf8') }
}

const free = (deploy: string): OwedHook => ({ deploy, time: 'after', runner: null })

test('what is owed is run in its order, and how it ended is told and brought back', async () => {
  using folder = mkdtempDisposableSync(join(tmpdir(), 'seaworthy-settle-'))
  const { calls, notes, settle, runs } = controlWith([free('d2'), free('d3')], folder.path)
  await settle()
  assert.equal(runs(), 'd2 done\nd3 done\n')
  assert.deepEqual(JSON.parse(readFileSync(join(folder.path, 'proof'), 'utf8')), { deploy: 'd3' })
  assert.deepEqual(notes, [
    "hook 'after' of d2 exited with 0",
    "hook 'after' of d3 exited with 1; the outcome stands\n  | said",
  ])
  assert.deepEqual(
    calls.map(([method]) => method),
    ['status', ...['d2', 'd3'].flatMap(() => ['hook.begin', 'deploy.get', 'hook.end'])],
  )
})

test('one that somebody runs is left to them, until they are gone or late', async () => {
  using folder = mkdtempDisposableSync(join(tmpdir(), 'seaworthy-settle-'))
  const own = ownIdentity()!
  const runner = { run: 'x', by: 'anna', process: own, isLate: false }
  const alive = controlWith([{ ...free('d2'), runner }], folder.path)
  await alive.settle()
  assert.deepEqual([alive.runs(), alive.notes], ['', ["hook 'after' of d2 is run by anna"]])
  for (const lost of [
    { ...runner, process: { ...own, startTicks: own.startTicks - 1 } },
    { ...runner, process: null, isLate: true },
  ]) {
    const { calls, settle, runs } = controlWith([{ ...free('d2'), runner: lost }], folder.path)
    await settle()
    assert.equal(runs(), 'd2 done\n')
    assert.equal(calls.find(([method]) => method === 'hook.begin')![1].instead, 'x')
  }
})

test('one that control does not give away does not stand before the next', async () => {
  using folder = mkdtempDisposableSync(join(tmpdir(), 'seaworthy-settle-'))
  const { notes, settle, runs } = controlWith([free('gone'), free('d2')], folder.path)
  await settle()
  assert.equal(runs(), 'd2 done\n')
  assert.deepEqual(notes[0], "hook 'after' of gone is still owed: it is not known")
})

test('one that another command was quicker to take is not run, and trouble is told', async () => {
  using folder = mkdtempDisposableSync(join(tmpdir(), 'seaworthy-settle-'))
  const late = controlWith([free('d2')], folder.path, false)
  await late.settle()
  assert.deepEqual([late.runs(), late.notes], ['', []])
  // A control that is older knows of none.
  const older = controlWith(undefined, folder.path)
  await older.settle()
  assert.deepEqual([older.calls.length, older.notes], [1, []])
  const notes: string[] = []
  const gone = { call: () => Promise.reject(new Error('it is gone')), close: () => {} } as unknown as ControlClient
  await settleHooks(gone, { folder: '/', path: '', mark: 'm' }, (text) => notes.push(text))
  assert.deepEqual(notes, ['hooks are still owed: it is gone'])
})
