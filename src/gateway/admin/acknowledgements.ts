import { monotonicNs } from '../../core/clock.ts'
import type { Connection, ExpectedWorker } from './connection.ts'

/** A worker that has not acknowledged a table by then is killed. */
export const ACKNOWLEDGE_MS = 1_000
/** One that started less than this ago may still be loading, and has as long. */
export const STARTING_MS = 5_000

export interface Applied {
  readonly version: number
  /** monotonicNs() of the first acknowledgement, and of the last one or the end of the last worker that gave none. */
  readonly firstAckNs: number
  readonly lastAckNs: number
  /** How many acknowledged. */
  readonly workers: number
}

export type Acknowledged =
  | { readonly kind: 'applied'; readonly applied: Applied }
  | { readonly kind: 'refused'; readonly reasons: readonly string[] }

export interface Acknowledgements {
  wait(version: number): Promise<Acknowledged>
  applied(connection: Connection, atNs: number): void
  refused(connection: Connection, message: { readonly version: number; readonly reason: string }): void
  /** A connection ended. */
  gone(): void
  close(): void
}

interface Waiting {
  readonly version: number
  /** By pid. */
  readonly acknowledged: Map<number, number>
  readonly reasons: string[]
  /** When the last worker ended that never acknowledged: until then it may have served the table before. */
  lastEndNs: number
  check(): void
}

/** Waits for every running worker to acknowledge a table, and has those killed that do not. */
export function createAcknowledgements(parts: {
  readonly connections: () => readonly Connection[]
  readonly expected: () => Promise<readonly ExpectedWorker[]>
  readonly kill: (pid: number) => Promise<void>
}): Acknowledgements {
  const waits = new Set<Waiting>()
  return {
    async wait(version) {
      const waiting: Waiting = { version, acknowledged: new Map(), reasons: [], lastEndNs: 0, check: () => {} }
      waits.add(waiting)
      try {
        const sentAt = Date.now()
        const expected = await parts.expected()
        await allOf(waiting, { expected, sentAt })
      } finally {
        waits.delete(waiting)
      }
      if (waiting.reasons.length > 0) return { kind: 'refused', reasons: waiting.reasons }
      const instants = [...waiting.acknowledged.values()]
      const now = monotonicNs()
      return {
        kind: 'applied',
        applied: {
          version,
          firstAckNs: instants.length === 0 ? now : Math.min(...instants),
          lastAckNs: instants.length === 0 ? now : Math.max(...instants, waiting.lastEndNs),
          workers: instants.length,
        },
      }
    },
    applied(connection, atNs) {
      for (const waiting of waits) {
        if (connection.version < waiting.version || waiting.acknowledged.has(connection.pid)) continue
        waiting.acknowledged.set(connection.pid, atNs)
        waiting.check()
      }
    },
    refused({ worker }, { version, reason }) {
      for (const waiting of waits) {
        if (waiting.version !== version) continue
        waiting.reasons.push(`worker ${worker}: ${reason}`)
        waiting.check()
      }
    },
    gone() {
      for (const waiting of waits) waiting.check()
    },
    close() {
      for (const waiting of waits) {
        waiting.reasons.push('control is shutting down')
        waiting.check()
      }
    },
  }

  function allOf(waiting: Waiting, given: { expected: readonly ExpectedWorker[]; sentAt: number }): Promise<void> {
    const { expected, sentAt } = given
    // Also those that nobody expects any more: a retiring worker still answers on its kept-alive connections.
    const missing = new Map<number, number>()
    for (const { pid } of parts.connections()) missing.set(pid, ACKNOWLEDGE_MS)
    for (const { pid, startedAt } of expected) {
      missing.set(pid, sentAt - startedAt < STARTING_MS ? STARTING_MS : ACKNOWLEDGE_MS)
    }
    const wanted = new Set(expected.map(({ pid }) => pid))
    const killing = new Set<number>()
    return new Promise((resolve, reject) => {
      const timers = [...missing].map(([pid, ms]) =>
        setTimeout(() => void killSilent(pid), Math.max(0, sentAt + ms - Date.now())),
      )
      waiting.check = check
      check()

      function check(): void {
        const connected = new Set(parts.connections().map(({ pid }) => pid))
        for (const pid of missing.keys()) {
          const leftOnItsOwn = !wanted.has(pid) && !connected.has(pid) && !killing.has(pid)
          if (leftOnItsOwn) waiting.lastEndNs = monotonicNs()
          if (waiting.acknowledged.has(pid) || leftOnItsOwn) missing.delete(pid)
        }
        if (missing.size === 0 || waiting.reasons.length > 0) end(resolve)
      }

      async function killSilent(pid: number): Promise<void> {
        if (!missing.has(pid)) return
        killing.add(pid)
        try {
          await parts.kill(pid)
        } catch (error) {
          return end(() => reject(error))
        }
        if (missing.delete(pid)) waiting.lastEndNs = monotonicNs()
        check()
      }

      function end(act: () => void): void {
        for (const timer of timers) clearTimeout(timer)
        waiting.check = () => {}
        act()
      }
    })
  }
}
