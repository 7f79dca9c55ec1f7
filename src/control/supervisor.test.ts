import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { systemClock } from '../core/clock.ts'
import { createLogger } from '../core/logger.ts'
import type { ChildSpec, ChildState, Exit } from '../keeper/protocol.ts'
import type { KeeperLink } from './keeper-link.ts'
import { SecretFiles } from './secrets.ts'
import { State, type InstanceRow } from './state.ts'
import { Supervisor } from './supervisor.ts'

const row: InstanceRow = {
  id: 'api@1-aaaaaaaa-1',
  service: 'api',
  release: '1-aaaaaaaa',
  host: '127.0.0.1',
  port: 20_000,
  argv: ['node', 'x'],
  cwd: '/',
  env: {},
  graceMs: 50,
  startedAt: 0,
}

/** A keeper whose children live in a map; `hold` keeps its next start waiting. */
function makeKeeper() {
  const running = new Map<string, ChildState>()
  let onExited: (child: ChildState) => void = () => {}
  let held: Promise<void> = Promise.resolve()
  let failNext = false
  let starts = 0
  const stateOf = (name: string, exit: Exit | null): ChildState => ({
    name,
    role: 'instance',
    identity: exit ? null : { pid: 1_000_000 + starts, startTicks: 1, bootId: 'x' },
    state: exit ? 'exited' : 'running',
    startedAt: Date.now(),
    exit,
    restarts: 0,
    adopted: false,
    output: '/dev/null',
  })
  const end = (name: string, exit: Exit): void => {
    if (!running.delete(name)) return
    onExited(stateOf(name, exit))
  }
  const link = {
    spawn: async ({ name }: ChildSpec) => {
      await held
      if (failNext) {
        failNext = false
        throw new Error('the keeper did not answer in time')
      }
      starts += 1
      const child = stateOf(name, null)
      running.set(name, child)
      return child
    },
    signal: async (name: string, signal: NodeJS.Signals) => end(name, { kind: 'signal', signal, at: Date.now() }),
    list: async () => ({ pid: 1, startedAt: 0, sockets: [], children: [...running.values()] }),
    forget: async () => {},
  } as unknown as KeeperLink
  return {
    link,
    running,
    starts: () => starts,
    crash: (name: string) => end(name, { kind: 'code', code: 1, at: Date.now() }),
    failNext: () => (failNext = true),
    listen: (listener: typeof onExited) => (onExited = listener),
    hold: (): (() => void) => {
      const { promise, resolve } = Promise.withResolvers<void>()
      held = promise
      return resolve
    },
  }
}

function make(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'seaworthy-supervisor-'))
  const state = new State(join(folder, 'state.db'))
  t.after(() => {
    state.close()
    rmSync(folder, { recursive: true, force: true })
  })
  const keeper = makeKeeper()
  const logger = createLogger('test', () => {})
  const secrets = new SecretFiles(folder)
  const supervisor = new Supervisor({
    variablesOf: () => ({}),
    folder,
    keeper: keeper.link,
    state,
    secrets,
    clock: systemClock,
    logger,
  })
  keeper.listen((child) => supervisor.onExited(child))
  return { keeper, supervisor, state }
}

const until = async (condition: () => boolean): Promise<void> => {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5))
}

test('an instance that is stopped while it is being started again leaves nobody behind', async (t) => {
  const { keeper, supervisor } = make(t)
  await supervisor.start(row)
  const release = keeper.hold()
  keeper.crash(row.id)
  await until(() => supervisor.instances()[0]?.restarts === 1)
  const stopped = supervisor.stop(row.id)
  release()
  await stopped
  assert.deepEqual([...keeper.running.keys()], [])
  assert.deepEqual(supervisor.instances(), [])
})

test('a start that failed is tried again', async (t) => {
  const { keeper, supervisor } = make(t)
  await supervisor.start(row)
  keeper.failNext()
  keeper.crash(row.id)
  await until(() => keeper.running.has(row.id))
  assert.equal(keeper.starts(), 2)
})

test('an instance whose row is gone, but which the keeper runs, is ended', async (t) => {
  const { keeper, supervisor } = make(t)
  await keeper.link.spawn({ name: 'api@0-bbbbbbbb-1' } as ChildSpec)
  await keeper.link.spawn({ name: 'migrate:api@1-aaaaaaaa' } as ChildSpec)
  await supervisor.start(row)
  await supervisor.reconcile()
  assert.deepEqual([...keeper.running.keys()], ['migrate:api@1-aaaaaaaa', row.id])
})

test('who needs an instance that waits for its next try does not wait for it', async (t) => {
  const { keeper, supervisor } = make(t)
  await supervisor.start(row)
  for (let ends = 1; ends <= 3; ends++) {
    await until(() => keeper.running.has(row.id))
    keeper.crash(row.id)
  }
  assert.equal(supervisor.instances()[0]?.state, 'restarting')
  const before = Date.now()
  supervisor.wake(row.release, row.service)
  await until(() => keeper.running.has(row.id))
  assert.ok(Date.now() - before < 900, 'the third end waits a second by itself')
})

test('stopping and stopping again is one stop, and both wait for it', async (t) => {
  const { keeper, supervisor } = make(t)
  await supervisor.start(row)
  await Promise.all([
    supervisor.stop(row.id),
    supervisor.untilStopped(row.release, row.service),
    supervisor.stop(row.id),
  ])
  assert.equal(keeper.running.size, 0)
  assert.deepEqual(supervisor.instances(), [])
})
