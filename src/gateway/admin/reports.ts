import { lookForAbsent } from './absent.ts'
import { workerKey } from './connection.ts'
import type { Connection, ExpectedWorker } from './connection.ts'

/** A worker that has not reported by then is left out. */
export const REPORT_WAIT_MS = 1_000
/** The same for one that has never connected yet: after a restart of control, workers come back within this. */
export const FIRST_REPORT_WAIT_MS = 5_000

/** Workers remembered as having connected. */
const KNOWN_MAX = 256

export interface Reports {
  /** Asks every worker; resolves when all have reported, or have been waited for long enough. */
  ask(): Promise<void>
  /** A worker has reported, or its connection has ended. */
  answered(connection: Connection): void
  /** A worker has said hello, perhaps again. */
  joined(connection: Connection): void
  close(): void
}

interface Asking {
  /** Keys of those asked that have not answered. */
  readonly waiting: Set<string>
  readonly asked: Set<string>
  settleWhenDone(): void
  end(): void
}

/** Collects reports of all workers that run, also those that are expected and have yet to connect. */
export function createReports(parts: {
  readonly connections: () => readonly Connection[]
  readonly expected: () => Promise<readonly ExpectedWorker[]>
}): Reports {
  const running = new Set<Asking>()
  /** Keys of all that have ever connected. */
  const known = new Set<string>()
  return {
    ask: () =>
      new Promise((resolve) => {
        let late = false
        const asking: Asking = { waiting: new Set(), asked: new Set(), settleWhenDone, end }
        const absent = lookForAbsent({
          expected: parts.expected,
          met: (key) => asking.asked.has(key) || (late && known.has(key)),
          onChange: settleWhenDone,
        })
        const limit = setTimeout(() => {
          late = true
          asking.waiting.clear()
          if (absent.known) settleWhenDone()
          else end()
        }, REPORT_WAIT_MS)
        const lastLimit = setTimeout(end, FIRST_REPORT_WAIT_MS)
        running.add(asking)
        for (const connection of parts.connections()) send(asking, connection)

        function settleWhenDone(): void {
          if (asking.waiting.size === 0 && !absent.any) end()
        }

        function end(): void {
          clearTimeout(limit)
          clearTimeout(lastLimit)
          absent.stop()
          running.delete(asking)
          resolve()
        }
      }),
    answered(connection) {
      const key = workerKey(connection)
      for (const asking of running) if (asking.waiting.delete(key)) asking.settleWhenDone()
    },
    joined(connection) {
      const key = workerKey(connection)
      known.delete(key)
      known.add(key)
      if (known.size > KNOWN_MAX) known.delete(known.values().next().value!)
      for (const asking of running) send(asking, connection)
    },
    close() {
      for (const asking of running) asking.end()
    },
  }

  function send({ waiting, asked }: Asking, connection: Connection): void {
    const key = workerKey(connection)
    waiting.add(key)
    asked.add(key)
    connection.send({ type: 'report' })
  }
}
