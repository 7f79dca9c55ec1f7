import { monotonicNs } from '../../core/clock.ts'
import { workerKey } from './connection.ts'
import type { Connection, ExpectedWorker } from './connection.ts'

/** A worker that has not acknowledged a table by then is killed. */
export const ACKNOWLEDGE_MS = 1_000
/** One that started less than this ago may still be loading, and has as long. */
export const STARTING_MS = 5_000
/** A gateway elsewhere may have to come back first. */
export const ELSEWHERE_MS = 15_000

export interface Applied {
  readonly version: number
  /** monotonicNs() of the first acknowledgement, and of the last one or the end of the last worker that gave none. */
  readonly firstAckNs: number
  readonly lastAckNs: number
  /** How many acknowledged. */
  readonly workers: number
  /** Names of the gateways elsewhere of which some worker did not. */
  readonly silent: readonly string[]
}

export type Acknowledged =
  | { readonly kind: 'applied'; readonly applied: Applied }
  | { readonly kind: 'refused'; readonly reasons: readonly string[] }

export interface Acknowledgements {
  /** @param without gateways elsewhere that are not waited for */
  wait(version: number, without?: ReadonlySet<string>): Promise<Acknowledged>
  applied(connection: Connection, atNs: number): void
  refused(connection: Connection, message: { readonly version: number; readonly reason: string }): void
  /** A connection ended. */
  gone(): void
  close(): void
}

interface Waiting {
  readonly version: number
  readonly startedNs: number
  readonly without: ReadonlySet<string>
  /** By key. */
  readonly acknowledged: Map<string, number>
  /** Some of them are elsewhere: when they applied it, only they know. */
  areElsewhere: boolean
  readonly silent: Set<string>
  readonly reasons: string[]
  /** When the last worker ended that never acknowledged: until then it may have served the table before. */
  lastEndNs: number
  check(): void
}

interface Missing {
  readonly key: string
  readonly gateway: string
  readonly pid: number
  readonly withinMs: number
}

/** Waits for every running worker to acknowledge a table, and has those killed that do not. */
export function createAcknowledgements(parts: {
  readonly connections: () => readonly Connection[]
  readonly expected: () => Promise<readonly ExpectedWorker[]>
  readonly kill: (pid: number) => Promise<void>
  readonly isMember: (gateway: string) => boolean
}): Acknowledgements {
  const waits = new Set<Waiting>()
  return {
    async wait(version, without = new Set()) {
      const waiting: Waiting = {
        version,
        startedNs: monotonicNs(),
        without,
        acknowledged: new Map(),
        areElsewhere: false,
        silent: new Set(),
        reasons: [],
        lastEndNs: 0,
        check: () => {},
      }
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
          firstAckNs: waiting.areElsewhere ? waiting.startedNs : instants.length === 0 ? now : Math.min(...instants),
          lastAckNs: instants.length === 0 ? now : Math.max(...instants, waiting.lastEndNs),
          workers: instants.length,
          silent: [...waiting.silent].toSorted(),
        },
      }
    },
    applied(connection, atNs) {
      const key = workerKey(connection)
      for (const waiting of waits) {
        if (connection.version < waiting.version || waiting.acknowledged.has(key)) continue
        waiting.acknowledged.set(key, atNs)
        waiting.areElsewhere ||= connection.gateway !== ''
        waiting.check()
      }
    },
    refused({ worker, gateway }, { version, reason }) {
      for (const waiting of waits) {
        if (waiting.version !== version) continue
        waiting.reasons.push(`${gateway === '' ? '' : `${gateway}, `}worker ${worker}: ${reason}`)
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
    const missing = new Map<string, Missing>()
    for (const one of parts.connections()) add(one, ACKNOWLEDGE_MS)
    for (const one of expected) add(one, sentAt - one.startedAt < STARTING_MS ? STARTING_MS : ACKNOWLEDGE_MS)
    const wanted = new Set(expected.map(workerKey))
    const killing = new Set<string>()
    return new Promise((resolve, reject) => {
      const timers = [...missing.values()].map((one) =>
        setTimeout(() => void giveUp(one), Math.max(0, sentAt + one.withinMs - Date.now())),
      )
      waiting.check = check
      check()

      function check(): void {
        const connected = new Set(parts.connections().map(workerKey))
        for (const [key, { gateway }] of missing) {
          const isExpected = gateway === '' ? wanted.has(key) : parts.isMember(gateway)
          const leftOnItsOwn = !isExpected && !connected.has(key) && !killing.has(key)
          if (leftOnItsOwn) waiting.lastEndNs = monotonicNs()
          if (waiting.acknowledged.has(key) || leftOnItsOwn) missing.delete(key)
        }
        if (missing.size === 0 || waiting.reasons.length > 0) end(resolve)
      }

      async function giveUp({ key, gateway, pid }: Missing): Promise<void> {
        if (!missing.has(key)) return
        if (gateway !== '') {
          // Nobody here can end it. One that has said goodbye takes no new connections.
          if (parts.isMember(gateway)) waiting.silent.add(gateway)
          missing.delete(key)
          return check()
        }
        killing.add(key)
        try {
          await parts.kill(pid)
        } catch (error) {
          return end(() => reject(error))
        }
        if (missing.delete(key)) waiting.lastEndNs = monotonicNs()
        check()
      }

      function end(act: () => void): void {
        for (const timer of timers) clearTimeout(timer)
        waiting.check = () => {}
        act()
      }
    })

    function add(one: Pick<ExpectedWorker, 'gateway' | 'worker' | 'pid'>, withinMs: number): void {
      const { gateway = '', pid } = one
      const key = workerKey(one)
      if (waiting.without.has(gateway)) return
      missing.set(key, { key, gateway, pid, withinMs: gateway === '' ? withinMs : ELSEWHERE_MS })
    }
  }
}
