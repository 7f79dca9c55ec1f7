import { monotonicNs } from '../../core/clock.ts'
import { fencedOff, notAcknowledged, tableRefused } from '../fencing.ts'
import type { RoutingTable } from '../table.ts'
import { createAcknowledgements } from './acknowledgements.ts'
import type { Applied } from './acknowledgements.ts'
import { workerKey } from './connection.ts'
import type { Connection, Elsewhere, ExpectedWorker, Meeting, Peer } from './connection.ts'
import { createCounterSums } from './counter-sums.ts'
import { createDrains } from './drains.ts'
import type { TakenSpans, Trace } from '../../observe/traces/span.ts'
import type { GuardFromWorker } from './guard-protocol.ts'
import type { Counters, DrainReport, FromWorker } from './protocol.ts'
import { createReports } from './reports.ts'
import { isRunning } from './is-running.ts'
import { unixDoor } from './unix-door.ts'

export interface ConnectedWorker {
  readonly worker: number
  readonly pid: number
  /** The name of the gateway it belongs to; empty: control's own. */
  readonly gateway: string
  readonly incarnation: string
  /** Version of the table it last acknowledged; 0 before its first. */
  readonly version: number
}

export interface FleetOptions {
  /** Unix socket to listen on; a stale one is replaced. */
  readonly socketPath: string
  /** The workers that run now, according to whoever started them. */
  readonly expected: () => Promise<readonly ExpectedWorker[]>
  /** Kills a worker at once; somebody starts it again. */
  readonly kill: (pid: number) => Promise<void>
  /** Gateways on other machines. Their workers are expected, too. @default none */
  readonly elsewhere?: Elsewhere
  /** Called with the sums whenever a worker has reported. */
  readonly onCounters?: (counters: Counters) => void
  /** Takes the traces that a worker has kept. */
  readonly onTraces?: (traces: readonly Trace[]) => void
  /** Takes the spans that a worker has gathered to be sent on. */
  readonly onSpans?: (taken: TakenSpans) => void
  readonly guard?: FleetGuard
  /** The limits' side of control. */
  readonly limits?: {
    joined(connection: Connection): void
    onMessage(connection: Connection, message: Extract<FromWorker, { type: 'lease' | 'connections' }>): void
    left(connection: Connection): void
  }
}

/** The guard's part of the connections to workers. */
export interface FleetGuard {
  /** A worker has said hello. */
  joined(connection: Connection): void
  gone(connection: Connection): void
  onMessage(connection: Connection, message: Exclude<GuardFromWorker, { type: 'lease' }>): void
}

/** What becomes of gateways elsewhere that do not answer. */
export interface Silent {
  /** They get the table when they come back; one that is still away is not even waited for. @default false */
  readonly leftOut?: boolean
}

/** The gateway's workers as control sees them. */
export interface Fleet {
  /** The newest table given to `apply`. */
  readonly current: RoutingTable | null
  /**
   * Gives `table`, which the caller has saved, to every worker. Resolves when all that run have acknowledged it: from
   * `lastAckNs` on no request is begun on what the table no longer has. A silent worker is killed and not waited for; one of
   * a gateway elsewhere cannot be.
   * @throws Problem `gateway.table-refused`; `gateway.not-acknowledged`, unless silent ones are to be left out: its details
   * are their names
   */
  apply(table: RoutingTable, silent?: Silent): Promise<Applied>
  /** Who is a member elsewhere has changed. */
  recount(): void
  /**
   * Resolves when nothing is left in flight on these upstreams, or the time is over; the sum over all workers, those included
   * that are expected and connect meanwhile.
   */
  drain(upstreams: readonly string[], withinMs: number): Promise<DrainReport>
  /** What the workers have reported so far, dead ones included. */
  counters(): Counters
  /** Asks every worker and waits for the answers: REPORT_WAIT_MS at most, or FIRST_REPORT_WAIT_MS for one yet to connect. */
  report(): Promise<Counters>
  workers(): readonly ConnectedWorker[]
  close(): Promise<void>
}

/** Listens for the gateway's workers. */
export async function createFleet(options: FleetOptions): Promise<Fleet> {
  const { elsewhere } = options
  const connections = new Map<Peer, Connection>()
  const isMember = (gateway: string): boolean => elsewhere?.isMember(gateway) ?? false
  const present = async (): Promise<readonly ExpectedWorker[]> =>
    (await options.expected()).filter(({ isAway = false }) => !isAway)
  const acknowledgements = createAcknowledgements({
    connections: live,
    expected: options.expected,
    kill: options.kill,
    isMember,
  })
  const drains = createDrains({ connections: live, expected: present, isAlive })
  const reports = createReports({ connections: live, expected: present })
  const sums = createCounterSums()
  /** Gateways that were waited for in vain, and have not been heard of since. */
  const silent = new Set<string>()
  let current: RoutingTable | null = elsewhere?.saved ?? null

  const doors = [unixDoor(options.socketPath), ...(elsewhere === undefined ? [] : [elsewhere.door])]
  for (const door of doors) await door.open(meet)

  return {
    get current() {
      return current
    },
    async apply(table, { leftOut = false } = {}) {
      const reason = fencedOff(table, { version: current?.version ?? -1, token: current?.token ?? 0 })
      if (reason !== null) throw tableRefused(table, [reason])
      const previous = current
      current = table
      for (const connection of connections.values()) connection.send({ type: 'table', table })
      const result = await acknowledgements.wait(table.version, new Set(leftOut ? silent : []))
      if (result.kind === 'refused' && current === table) current = previous
      if (result.kind === 'refused') throw tableRefused(table, result.reasons)
      const { applied } = result
      for (const gateway of applied.silent) silent.add(gateway)
      if (applied.silent.length > 0 && !leftOut) throw notAcknowledged(table, applied.silent)
      return applied
    },
    recount: () => acknowledgements.gone(),
    drain: (upstreams, withinMs) => drains.start(upstreams, withinMs),
    counters: () => sums.total(),
    async report() {
      await reports.ask()
      return sums.total()
    },
    workers: () =>
      live().map(({ worker, pid, gateway, incarnation, version }) => ({ worker, pid, gateway, incarnation, version })),
    async close() {
      acknowledgements.close()
      drains.close()
      reports.close()
      await Promise.all(doors.map((door) => door.close()))
    },
  }

  function live(): Connection[] {
    return [...connections.values()]
  }

  /** Whether what it was asked may still come: it serves, connected or not. */
  function isAlive({ gateway, pid, worker, incarnation }: Connection): boolean {
    if (gateway === '') return isRunning(pid)
    const own = live().filter((one) => one.gateway === gateway && one.worker === worker)
    if (own.some((one) => one.incarnation === incarnation)) return true
    return own.length === 0 && isMember(gateway) && !elsewhere!.isAway(gateway)
  }

  function meet(peer: Peer): Meeting {
    return {
      onMessage: (message) => onMessage(peer, message),
      onClosed() {
        const connection = connections.get(peer)
        connections.delete(peer)
        if (connection !== undefined) onGone(connection)
      },
    }
  }

  function onMessage(peer: Peer, message: FromWorker): void {
    if (message.type === 'hello') return onHello(peer, message)
    const connection = connections.get(peer)
    if (connection === undefined) return peer.destroy()
    switch (message.type) {
      case 'applied':
        connection.version = Math.max(connection.version, message.version)
        silent.delete(connection.gateway)
        // The clock of another machine says nothing here: the arrival is later than what it tells of.
        return acknowledgements.applied(connection, connection.gateway === '' ? message.atNs : monotonicNs())
      case 'refused':
        return acknowledgements.refused(connection, message)
      case 'counters':
        sums.take(connection, message.counters)
        reports.answered(connection)
        return options.onCounters?.(sums.total())
      case 'drained':
        return drains.drained(connection, message)
      case 'traces':
        return options.onTraces?.(message.traces)
      case 'spans':
        return options.onSpans?.(message)
      case 'lease':
      case 'connections':
        return options.limits?.onMessage(connection, message)
      default:
        return options.guard?.onMessage(connection, message)
    }
  }

  function onHello(peer: Peer, hello: Extract<FromWorker, { type: 'hello' }>): void {
    const { worker, pid, incarnation, version } = hello
    const connection: Connection = {
      worker,
      pid,
      gateway: peer.gateway,
      incarnation,
      version,
      send: (message) => peer.send(message),
    }
    connections.set(peer, connection)
    silent.delete(peer.gateway)
    // It began with the saved table, or kept its own while we were away: that is an acknowledgement, if a late one.
    acknowledgements.applied(connection, monotonicNs())
    if (current !== null && version < current.version) connection.send({ type: 'table', table: current })
    drains.joined(connection)
    reports.joined(connection)
    options.guard?.joined(connection)
    options.limits?.joined(connection)
  }

  function onGone(connection: Connection): void {
    sums.left(connection)
    options.limits?.left(connection)
    // The end of one that was away can come behind its return.
    if (!live().some((other) => workerKey(other) === workerKey(connection))) reports.answered(connection)
    acknowledgements.gone()
    options.guard?.gone(connection)
  }
}
