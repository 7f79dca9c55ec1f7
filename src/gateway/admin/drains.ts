import { isRunning } from './is-running.ts'
import { lookForAbsent } from './absent.ts'
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
  /** Process ids of the workers still waited for, by incarnation. */
  readonly waiting: Map<string, number>
  /** Process ids of all that have ever been asked. */
  readonly asked: Set<number>
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
}): Drains {
  const { connections, expected } = parts
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
          waiting: new Map(connections().map(({ incarnation, pid }) => [incarnation, pid])),
          asked: new Set(),
          sum: { finished: 0, cut: 0, websockets: 0, streams: 0 },
          settleWhenDone: () => void (order.waiting.size === 0 && !absent.any && end()),
          end,
        }
        const absent = lookForAbsent({
          expected,
          met: (pid) => order.asked.has(pid),
          onChange: () => order.settleWhenDone(),
        })
        running.set(drain, order)
        for (const connection of connections()) send(order, connection)
        order.settleWhenDone()

        function forgetDead(): void {
          for (const [incarnation, pid] of order.waiting) if (!isRunning(pid)) order.waiting.delete(incarnation)
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
        order.waiting.set(connection.incarnation, connection.pid)
        send(order, connection)
      }
    },
    close() {
      for (const order of running.values()) order.end()
    },
  }

  function send({ drain, upstreams, endsAt, asked }: Running, connection: Connection): void {
    asked.add(connection.pid)
    connection.send({ type: 'drain', drain, upstreams, withinMs: Math.max(0, Math.round(endsAt - performance.now())) })
  }
}
