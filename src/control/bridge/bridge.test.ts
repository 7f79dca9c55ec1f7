/** Both ends, over the stdin and stdout of a real child, beside a real control socket. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { processesMentioning, until } from '../../../test/support/project.ts'
import { connectControl } from '../api/client.ts'
import { followLive } from '../api/live-client.ts'
import { serveApi, type Handlers } from '../api/server.ts'
import { openBridge, type Bridge } from './near-end.ts'

const FAR_END = join(import.meta.dirname, 'main.ts')

interface Place {
  readonly state: string
  readonly bridge: Bridge
  /** Far ends that run for this place. */
  readonly ends: () => readonly { readonly pid: number }[]
}

function place(
  t: TestContext,
  command?: readonly [string, ...string[]],
  limits: { readonly upMs?: number; readonly silentMs?: number } = {},
): Place {
  const state = mkdtempSync(join(tmpdir(), 'seaworthy-bridge-'))
  const bridge = openBridge(command ?? [process.execPath, FAR_END, state], {
    env: process.env,
    ...limits,
  })
  const ends: Place['ends'] = () => processesMentioning(`${FAR_END} ${state}`)
  t.after(async () => {
    bridge.close()
    await until(() => ends().length === 0, 'the far end to be gone')
    rmSync(state, { recursive: true, force: true })
  })
  return { state, bridge, ends }
}

async function serve(state: string, handlers: Partial<Handlers>, live?: Parameters<typeof serveApi>[3]) {
  const server = await serveApi(join(state, 'control.sock'), handlers as Handlers, () => {}, live)
  const stop = async (): Promise<void> => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
  return { stop, [Symbol.asyncDispose]: stop }
}

test('calls and event streams at a time, all of them over one child', async (t) => {
  const { state, bridge, ends } = place(t)
  const open = new Map<number, () => void>()
  await using _ = await serve(
    state,
    {
      'lease.acquire': async ({ holder }) => {
        const number = Number(holder.split(' ')[0])
        // None is answered before all have come: they are under way together.
        await new Promise<void>((resolve) => {
          open.set(number, resolve)
          if (open.size === 20) for (const release of open.values()) release()
        })
        return { token: number }
      },
      'deploy.list': () => ({ deploys: ['ü'.repeat(3_000_000)] }) as never,
    },
    (_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      let id = 0
      const timer = setInterval(() => response.write(`id: ${++id}\nevent: stopped-not\ndata: ${id}\n\n`), 5)
      response.on('close', () => clearInterval(timer))
    },
  )
  const control = connectControl(bridge)
  t.after(() => control.close())
  const following = [1, 2, 3].map(async () => {
    const seen: unknown[] = []
    for await (const news of followLive(bridge, { topics: ['status'] })) {
      if ('data' in news) seen.push(news.data)
      if (seen.length === 30) break
    }
    return seen
  })
  const calls = Array.from({ length: 20 }, (_, number) =>
    control.call('lease.acquire', { holder: `${number} ${'x'.repeat(100_000)}`, reason: 'deploy', process: null }),
  )
  assert.deepEqual(
    await Promise.all(calls),
    calls.map((_, number) => ({ token: number })),
  )
  const large = (await control.call('deploy.list', { limit: 1 })) as unknown as { deploys: string[] }
  assert.equal(large.deploys[0], 'ü'.repeat(3_000_000))
  for (const seen of await Promise.all(following))
    assert.deepEqual(
      seen,
      Array.from({ length: 30 }, (_, index) => index + 1),
    )
  assert.equal(ends().length, 1)
})

test('a control that is restarted is waited for, over the same child', async (t) => {
  const { state, bridge, ends } = place(t)
  const first = await serve(state, { 'lease.acquire': () => ({ token: 1 }) })
  const control = connectControl(bridge)
  t.after(() => control.close())
  const ask = (): Promise<unknown> => control.call('lease.acquire', { holder: 'a', reason: 'b', process: null })
  assert.deepEqual(await ask(), { token: 1 })
  const [child] = ends()
  await first.stop()
  const asked = ask()
  await using _ = await serve(state, { 'lease.acquire': () => ({ token: 2 }) })
  assert.deepEqual(await asked, { token: 2 })
  assert.deepEqual(ends(), [child])
})

test('nobody listens at the other end: as without a bridge', async (t) => {
  const { bridge } = place(t)
  const control = connectControl(bridge, { awayMs: 0 })
  t.after(() => control.close())
  await assert.rejects(control.call('status', {}), { code: 'environment.down', message: /^nobody answers at .*bridge/ })
})

test('a far end that is lost meanwhile is followed by another; what was under way is asked again', async (t) => {
  const { state, bridge, ends } = place(t)
  let calls = 0
  await using _ = await serve(state, {
    'lease.acquire': () => (++calls === 2 ? new Promise(() => {}) : { token: calls }),
  })
  const control = connectControl(bridge)
  t.after(() => control.close())
  const ask = (): Promise<unknown> => control.call('lease.acquire', { holder: 'a', reason: 'b', process: null })
  assert.deepEqual(await ask(), { token: 1 })
  const asked = ask()
  await until(() => calls === 2, 'the second call to arrive')
  const [{ pid }] = ends() as [{ pid: number }]
  process.kill(pid, 'SIGKILL')
  assert.deepEqual(await asked, { token: 3 })
  assert.equal(ends().length, 1)
  assert.notEqual(ends()[0]!.pid, pid)
})

test('a way that leads nowhere is a problem at once, with its own last lines', async (t) => {
  const script = `process.stderr.write('Error: No such container: shop\\n', () => process.exit(1))`
  for (const awayMs of [0, 60_000]) {
    const { bridge } = place(t, [process.execPath, '-e', script])
    const control = connectControl(bridge, { awayMs })
    t.after(() => control.close())
    await assert.rejects(control.call('status', {}), {
      code: 'environment.unreachable',
      message: /the way to control, ended with code 1$/,
      details: ['| Error: No such container: shop'],
    })
  }
})

test('a program that is not there is named', async (t) => {
  const { bridge } = place(t, ['seaworthy-no-such-program'])
  const control = connectControl(bridge, { awayMs: 60_000 })
  t.after(() => control.close())
  await assert.rejects(control.call('status', {}), {
    code: 'target.tool-missing',
    message: /seaworthy-no-such-program/,
  })
})

test('a program that says something else, and one that says nothing, are given up', async (t) => {
  for (const [script, upMs, because] of [
    [`console.log('Welcome to the shop!'); setInterval(() => {}, 1000)`, 60_000, /does not speak as it should/],
    ['setInterval(() => {}, 1000)', 300, /has not answered within 300 ms$/],
  ] as const) {
    const { bridge, state } = place(t, [process.execPath, '-e', script, 'nothing', mark()], { upMs })
    const control = connectControl(bridge, { awayMs: 60_000 })
    t.after(() => control.close())
    await assert.rejects(control.call('status', {}), { code: 'environment.unreachable', message: because })
    await until(
      () => processesMentioning(bridge.place.split(' ').at(-1)!).length === 0,
      `${state} to have no child left`,
    )
  }
})

test('a far end that falls silent is given up, and calls go on over another', async (t) => {
  const { state, bridge, ends } = place(t, undefined, { silentMs: 600 })
  await using _ = await serve(state, { 'lease.acquire': () => ({ token: 7 }) })
  const control = connectControl(bridge)
  t.after(() => control.close())
  const acquire = async (): Promise<number> =>
    (await control.call('lease.acquire', { holder: 'a', reason: 'b', process: null })).token
  assert.equal(await acquire(), 7)
  const [{ pid: silent }] = ends() as [{ pid: number }]
  process.kill(silent, 'SIGSTOP')
  assert.equal(await acquire(), 7)
  assert.notEqual(
    ends().find(({ pid }) => pid !== silent),
    undefined,
  )
  // The one that stands still is ended by force, when the end of its stdin does nothing.
  await until(() => ends().every(({ pid }) => pid !== silent), 'the silent one to be gone')
})

test('whoever holds the near end may be killed: nothing is left of the far end', async (t) => {
  const { state, ends } = place(t)
  await using _ = await serve(state, { 'lease.acquire': () => new Promise(() => {}) })
  const words = JSON.stringify([join(import.meta.dirname, '..'), FAR_END, state])
  const holder = spawn(process.execPath, ['--input-type=module-typescript', '-e', HOLDER], {
    env: { ...process.env, WORDS: words },
    stdio: 'ignore',
  })
  const gone = once(holder, 'close')
  await until(() => ends().length > 0, 'the far end to run')
  holder.kill('SIGKILL')
  await gone
  await until(() => ends().length === 0, 'the far end to be gone')
})

const HOLDER = `const [control, farEnd, state] = JSON.parse(process.env.WORDS)
const { openBridge } = await import(control + '/bridge/near-end.ts')
const { connectControl } = await import(control + '/api/client.ts')
const bridge = openBridge([process.execPath, farEnd, state], { env: process.env })
await connectControl(bridge).call('lease.acquire', { holder: 'a', reason: 'b', process: null })`

let marks = 0

/** By which a child is found among all processes of the machine. */
function mark(): string {
  return `bridge-test-${process.pid}-${++marks}`
}
