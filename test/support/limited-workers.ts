import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Limits } from '../../src/control/guard/limits.ts'
import { createFleet } from '../../src/gateway/admin/fleet.ts'
import type { Fleet, FleetGuard } from '../../src/gateway/admin/fleet.ts'
import { saveTable } from '../../src/gateway/table-store.ts'
import { holdWorkers, tableOf, until } from '../../src/gateway/testing.ts'
import { policyOf } from '../../src/gateway/testing-guard.ts'
import type { LimitRule } from '../../src/guard/policy.ts'
import type { SecurityEvent } from '../../src/guard/event.ts'

export interface LimitedWorkers extends AsyncDisposable {
  readonly port: number
  readonly limits: Limits
  /** Security events that the workers have told. */
  readonly events: readonly SecurityEvent[]
  readonly pids: readonly number[]
  kill(pid: number, signal: NodeJS.Signals): void
  /** Control dies with its counts; another one with empty counts takes its place. */
  controlLeaves(): Promise<void>
  controlComesBack(): Promise<void>
}

/** Real worker processes under these limits, with the counts of a control in this process. They answer with a file. */
export async function startLimited(parts: {
  readonly workers: number
  readonly limits: readonly LimitRule[]
  readonly connectionsPerClient?: number
  /** URL of a Redis that keeps the counts. @default control keeps them */
  readonly redis?: string
}): Promise<LimitedWorkers> {
  const workers = await holdWorkers()
  const root = join(workers.state, 'files')
  mkdirSync(root)
  writeFileSync(join(root, 'index.html'), 'passed\n')
  const guard = policyOf({
    limits: parts.limits,
    workers: parts.workers,
    connectionsPerClient: parts.connectionsPerClient ?? null,
  })
  saveTable(workers.state, tableOf([], { services: { api: { kind: 'files', root, release: '1' } }, guard }))
  const events: SecurityEvent[] = []
  const newLimits = (): Limits => {
    const made = new Limits()
    if (parts.redis !== undefined) made.keepIn({ url: parts.redis, prefix: 'test' })
    return made
  }
  let limits = newLimits()
  let fleet: Fleet = await startFleet()
  const pids: number[] = []
  for (let worker = 1; worker <= parts.workers; worker++) pids.push((await workers.start(worker)).pid)
  await until(() => fleet.workers().length === parts.workers, 30_000)
  return {
    port: workers.port,
    get limits() {
      return limits
    },
    events,
    pids,
    kill: (pid, signal) => workers.kill(pid, signal),
    async controlLeaves() {
      await fleet.close()
      limits.keepIn(null)
    },
    async controlComesBack() {
      limits = newLimits()
      fleet = await startFleet()
      await until(() => fleet.workers().length === parts.workers)
    },
    async [Symbol.asyncDispose]() {
      await workers[Symbol.asyncDispose]()
      await fleet.close()
      limits.keepIn(null)
    },
  }

  function startFleet(): Promise<Fleet> {
    const guardOf: FleetGuard = {
      joined() {},
      gone() {},
      onMessage(connection, message) {
        if (message.type !== 'security') return
        events.push(...message.events)
        connection.send({ type: 'security-kept', batch: message.batch })
      },
    }
    return createFleet({
      socketPath: join(workers.state, 'gateway.sock'),
      guard: guardOf,
      limits,
      expected: async () => [],
      kill: async () => {},
    })
  }
}
