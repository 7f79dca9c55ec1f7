import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
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
    variablesOf: () => ({ DB_HOST: '127.0.0.1', DB_PASSWORD: 'sw-need-4711', DB_FILE: 'file:///data/x' }),
    folder,
    keeper: keeper.link,
    state,
    secrets,
    clock: systemClock,
    logger,
  })
  keeper.listen((child) => supervisor.onExited(child))
  return { keeper, supervisor, state, secrets, folder }
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

test('what an instance says on its way out is kept without its secrets and the passwords of its needs', async (t) => {
  const { keeper, supervisor, state, secrets, folder } = make(t)
  secrets.save(row.release, row.service, { API_KEY: 'sw-key-0815' })
  mkdirSync(join(folder, 'logs'))
  writeFileSync(
    join(folder, 'logs', `${row.id}.log`),
    'sw-key-0815 at 127.0.0.1: no access for sw-need-4711 to /data/x\n',
  )
  await supervisor.start(row)
  keeper.crash(row.id)
  const { text } = state.events(0, 10).find(({ kind }) => kind === 'instance-ended')!
  assert.match(text, /\| \[API_KEY\] at 127\.0\.0\.1: no access for \[DB_PASSWORD\] to \/data\/x$/)
})

test('an instance over its memory is killed, and its last end says why; the next end speaks for itself', async (t) => {
  const { keeper, supervisor, state } = make(t)
  await supervisor.start(row)
  await supervisor.restartOverLimit(row.id, 'used 130 MiB of 96 MiB')
  assert.equal(supervisor.instances()[0]!.lastExit, 'was killed: it used 130 MiB of 96 MiB')
  assert.match(
    state.events(0, 10).find(({ kind }) => kind === 'instance-over-memory')!.text,
    /used 130 MiB of 96 MiB; killed/,
  )
  assert.ok(supervisor.examine(row.id)!.endedAt! <= Date.now())
  await until(() => keeper.running.has(row.id))
  keeper.crash(row.id)
  assert.equal(supervisor.instances()[0]!.lastExit, 'exited with 1')
  assert.equal(supervisor.examine('api@9-none-1'), null)
})
