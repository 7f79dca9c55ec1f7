import { lookForAbsent } from './absent.ts'
import { workerKey } from './connection.ts'
import type { Connection, ExpectedWorker } from './connection.ts'
import type { DrainReport } from './protocol.ts'

/** Beyond the drain's own time: for the report to be made and sent. */
export const REPORT_MARGIN_MS = 2_000
/** How often a worker whose connection ended is looked at: alive, it will connect again. */
const LOOK_EVERY_MS = 50

export interface Drains {
  start(upstreams: readonly string[], withinMs: number): Promise<DrainReport>
  drained(connection: Connection, message: { readonly drain: number; readonly report: DrainReport }): void
  /** A worker has said hello, perhaps again. */
  joined(connection: Connection): void
  close(): void
}

interface Running {
  readonly drain: number
  readonly upstreams: readonly string[]
  /** By performance.now(). */
  readonly endsAt: number
  /** The workers still waited for, by incarnation. */
  readonly waiting: Map<string, Connection>
  /** Keys of all that have ever been asked. */
  readonly asked: Set<string>
  readonly sum: { finished: number; cut: number; websockets: number; streams: number }
  settleWhenDone(): void
  end(): void
}

/**
 * Runs drains over all workers, also those that are expected and have yet to connect. One that dies counts as done: nothing of
 * it is in flight any more.
 */
export function createDrains(parts: {
  readonly connections: () => readonly Connection[]
  readonly expected: () => Promise<readonly ExpectedWorker[]>
  /** Whether one whose connection ended may connect again. */
  readonly isAlive: (connection: Connection) => boolean
}): Drains {
  const { connections, expected, isAlive } = parts
  const running = new Map<number, Running>()
  // Not 1: a worker may still remember the first drains of an earlier control.
  let last = Date.now()
  return {
    start(upstreams, withinMs) {
      last += 1
      const drain = last
      return new Promise((resolve) => {
        const look = setInterval(forgetDead, LOOK_EVERY_MS)
        const limit = setTimeout(end, withinMs + REPORT_MARGIN_MS)
        const order: Running = {
          drain,
          upstreams,
          endsAt: performance.now() + withinMs,
          waiting: new Map(connections().map((one) => [one.incarnation, one])),
          asked: new Set(),
          sum: { finished: 0, cut: 0, websockets: 0, streams: 0 },
          settleWhenDone: () => void (order.waiting.size === 0 && !absent.any && end()),
          end,
        }
        const absent = lookForAbsent({
          expected,
          met: (key) => order.asked.has(key),
          onChange: () => order.settleWhenDone(),
        })
        running.set(drain, order)
        for (const connection of connections()) send(order, connection)
        order.settleWhenDone()

        function forgetDead(): void {
          for (const [incarnation, one] of order.waiting) if (!isAlive(one)) order.waiting.delete(incarnation)
          order.settleWhenDone()
        }

        function end(): void {
          clearInterval(look)
          absent.stop()
          clearTimeout(limit)
          running.delete(drain)
          resolve(order.sum)
        }
      })
    },
    drained({ incarnation }, { drain, report }) {
      const order = running.get(drain)
      if (order === undefined || !order.waiting.delete(incarnation)) return
      order.sum.finished += report.finished
      order.sum.cut += report.cut
      order.sum.websockets += report.websockets
      order.sum.streams += report.streams
      order.settleWhenDone()
    },
    joined(connection) {
      for (const order of running.values()) {
        // A worker that was away when the drain began may have requests on these upstreams, too.
        order.waiting.set(connection.incarnation, connection)
        send(order, connection)
      }
    },
    close() {
      for (const order of running.values()) order.end()
    },
  }

  function send({ drain, upstreams, endsAt, asked }: Running, connection: Connection): void {
    asked.add(workerKey(connection))
    connection.send({ type: 'drain', drain, upstreams, withinMs: Math.max(0, Math.round(endsAt - performance.now())) })
  }
}
