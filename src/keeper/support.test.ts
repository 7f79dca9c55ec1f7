// What the tests of this room share; holds no test of its own.
import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { connectKeeper } from './client.ts'
import { signalProcess } from './identity.ts'
import { readRecord } from './record.ts'
import { startKeeper } from './successor.ts'
import type { KeeperClient } from './client.ts'
import type { ChildSpec, ChildState, KeeperEvent, ProcessIdentity } from './protocol.ts'

const WITHIN_MS = 8_000

/** Polls until `find` returns something that is neither undefined nor false. */
export async function eventually<Found>(
  what: string,
  find: () => Found | Promise<Found>,
): Promise<Exclude<Found, undefined | false>> {
  const deadline = performance.now() + WITHIN_MS
  for (;;) {
    const found = await find()
    if (found !== undefined && found !== false) return found as Exclude<Found, undefined | false>
    if (performance.now() > deadline) assert.fail(`not within ${WITHIN_MS} ms: ${what}`)
    await sleep(10)
  }
}

/** A throwaway state folder; whatever still runs in it is ended with it. */
export function makeState() {
  const state = realpathSync(mkdtempSync(join(tmpdir(), 'keeper-')))
  return {
    state,
    file: (name: string) => join(state, name),
    async [Symbol.asyncDispose]() {
      const client = await connectKeeper(state).catch(() => undefined)
      if (client) {
        await client.shutdown(200).catch(() => undefined)
        await client.closed
      } else {
        const { children } = readRecord(join(state, 'keeper.json'))
        for (const { identity } of children) if (identity) signalProcess(identity, 'SIGKILL', true)
      }
      rmSync(state, { recursive: true, force: true })
    },
  }
}

/** A state folder with a running keeper and a connection that collects events. */
export async function makeKeeper() {
  const folder = makeState()
  await startKeeper(folder.state)
  let client = await connectKeeper(folder.state)
  const events: KeeperEvent[] = []
  await client.events((event) => events.push(event))
  return {
    ...folder,
    events,
    get client(): KeeperClient {
      return client
    },
    async reconnect() {
      client.close()
      // The socket of a keeper that is just being killed still takes connections.
      client = await eventually('a keeper answers', async () => {
        const found = await connectKeeper(folder.state).catch(() => undefined)
        const listens = found?.events((event) => events.push(event)).then(() => found)
        return listens?.catch(() => undefined)
      })
      return client
    },
    /** Kills the keeper as a crash would, and says whom. */
    async crash(): Promise<number> {
      const { pid } = await client.list()
      process.kill(pid, 'SIGKILL')
      assert.deepEqual(await client.closed, { bye: false })
      return pid
    },
    exitOf: (name: string) =>
      eventually(`${name} exits`, () =>
        events.flatMap((event) => (event.event === 'exited' && event.child.name === name ? [event.child] : [])).at(-1),
      ),
  }
}

/** A child that runs JavaScript. */
export function script(state: string, name: string, code: string, more: Partial<ChildSpec> = {}): ChildSpec {
  return {
    name,
    role: 'instance',
    argv: [process.execPath, '--input-type=module', '-e', code],
    cwd: state,
    env: { PATH: process.env['PATH'] ?? '' },
    output: join(state, `${name}.log`),
    ...more,
  }
}

export const idle = 'setInterval(() => {}, 1000)'

export function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

export function identityOf(child: ChildState | undefined): ProcessIdentity {
  assert.ok(child?.identity)
  return child.identity
}
