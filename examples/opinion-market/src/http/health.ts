import { monitorEventLoopDelay } from 'node:perf_hooks'
import { reasonOf } from '../log.ts'
import type { Release } from '../release.ts'
import { CONTRACT_TOPIC } from '../store/migrations.ts'
import type { Handle, Store } from '../store/store.ts'
import type { Answer } from './api.ts'

export interface Health {
  answer(path: string): Answer | undefined
  /** From now on not ready: the process is on its way out. */
  stopping(): void
  /** Why this instance must not get traffic now; undefined when it may. */
  unreadyReason(): string | undefined
  close(): void
}

/** Three questions, three answers; each 503 says why in its body. */
export function createHealth({ store, release }: { store: Store; release: Release }): Health {
  const loop = monitorEventLoopDelay({ resolution: 20 })
  loop.enable()
  let isStopping = false
  let hasStarted = false

  const unreadyReason = (): string | undefined => {
    if (isStopping) return 'shutting down'
    try {
      // The lock as well as a row: an exchange that cannot write is of no use to anybody.
      store.probe()
      return store.read((handle) => schemaProblem(handle, release))
    } catch (error) {
      return reasonOf(error)
    }
  }

  return {
    unreadyReason,
    stopping: () => {
      isStopping = true
    },
    close: () => loop.disable(),
    answer: (path) => {
      if (path === '/health/liveness') {
        // That this runs at all is the answer; a database that is gone is no reason to restart the process.
        const loopDelayMsMax = Math.round(loop.max / 1e6)
        loop.reset()
        return { status: 200, body: { status: 'alive', loopDelayMsMax } }
      }
      if (path === '/health/readiness') return probeAnswer('ready', unreadyReason())
      if (path === '/health/startup') {
        const reason = hasStarted ? undefined : unreadyReason()
        hasStarted ||= reason === undefined
        return probeAnswer('started', reason)
      }
      return undefined
    },
  }
}

function probeAnswer(good: string, reason: string | undefined): Answer {
  return reason === undefined
    ? { status: 200, body: { status: good } }
    : { status: 503, body: { status: `not ${good}`, reason } }
}

function schemaProblem({ sql }: Handle, release: Release): string | undefined {
  const needed = release.schemaNeeded
  if (!sql(`SELECT 1 FROM sqlite_schema WHERE name = 'migrations'`).get())
    return `schema level ${needed} is missing: the database is empty`
  const level = Number(
    sql(`SELECT coalesce(max(level), 0) AS level FROM migrations WHERE phase = 'expand'`).get()?.['level'],
  )
  if (level < needed) return `schema level ${needed} is missing: the database is at level ${level}`
  const contracted = sql('SELECT 1 FROM migrations WHERE name = ?').get(CONTRACT_TOPIC)
  if (contracted && release.readsTopic)
    return `the schema was contracted: release ${release.version} needs what ${CONTRACT_TOPIC} removed`
  return undefined
}
