import { unlinkSync } from 'node:fs'
import { createServer } from 'node:net'
import type { Server, Socket } from 'node:net'
import { monotonicNs } from '../../core/clock.ts'
import { readJsonLines, toJsonLine } from '../../core/json-lines.ts'
import { fencedOff, tableRefused } from '../fencing.ts'
import type { RoutingTable } from '../table.ts'
import { createAcknowledgements } from './acknowledgements.ts'
import type { Applied } from './acknowledgements.ts'
import type { Connection, ExpectedWorker } from './connection.ts'
import { createCounterSums } from './counter-sums.ts'
import { createDrains } from './drains.ts'
import type { TakenSpans, Trace } from '../../observe/traces/span.ts'
import type { GuardFromWorker } from './guard-protocol.ts'
import type { Counters, DrainReport, FromWorker } from './protocol.ts'
import { createReports } from './reports.ts'

export interface ConnectedWorker {
  readonly worker: number
  readonly pid: number
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

/** The gateway's workers as control sees them. */
export interface Fleet {
  /** The newest table given to `apply`. */
  readonly current: RoutingTable | null
  /**
   * Gives `table`, which the caller has saved, to every worker. Resolves when all that run have acknowledged it: from
   * `lastAckNs` on no request is begun on what the table no longer has. A silent worker is killed and not waited for.
   * @throws Problem `gateway.table-refused`
   */
  apply(table: RoutingTable): Promise<Applied>
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
  const connections = new Map<Socket, Connection>()
  const acknowledgements = createAcknowledgements({ connections: live, expected: options.expected, kill: options.kill })
  const drains = createDrains({ connections: live, expected: options.expected })
  const reports = createReports({ connections: live, expected: options.expected })
  const sums = createCounterSums()
  const sockets = new Set<Socket>()
  let current: RoutingTable | null = null

  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.once('close', () => {
      sockets.delete(socket)
      const connection = connections.get(socket)
      connections.delete(socket)
      if (connection !== undefined) onGone(connection)
    })
    readJsonLines(socket, (value) => onMessage(socket, value as FromWorker))
  })
  await listen(server, options.socketPath)

  return {
    get current() {
      return current
    },
    async apply(table) {
      const reason = fencedOff(table, { version: current?.version ?? -1, token: current?.token ?? 0 })
      if (reason !== null) throw tableRefused(table, [reason])
      const previous = current
      current = table
      for (const connection of connections.values()) connection.send({ type: 'table', table })
      const result = await acknowledgements.wait(table.version)
      if (result.kind === 'refused' && current === table) current = previous
      if (result.kind === 'refused') throw tableRefused(table, result.reasons)
      return result.applied
    },
    drain: (upstreams, withinMs) => drains.start(upstreams, withinMs),
    counters: () => sums.total(),
    async report() {
      await reports.ask()
      return sums.total()
    },
    workers: () => live().map(({ worker, pid, incarnation, version }) => ({ worker, pid, incarnation, version })),
    close: () =>
      new Promise((resolve) => {
        acknowledgements.close()
        drains.close()
        reports.close()
        for (const socket of sockets) socket.destroy()
        server.close(() => resolve())
      }),
  }

  function live(): Connection[] {
    return [...connections.values()]
  }

  function onMessage(socket: Socket, message: FromWorker): void {
    if (message.type === 'hello') return onHello(socket, message)
    const connection = connections.get(socket)
    if (connection === undefined) return void socket.destroy()
    switch (message.type) {
      case 'applied':
        connection.version = Math.max(connection.version, message.version)
        return acknowledgements.applied(connection, message.atNs)
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

  function onHello(socket: Socket, hello: Extract<FromWorker, { type: 'hello' }>): void {
    const { worker, pid, incarnation, version } = hello
    const connection: Connection = {
      worker,
      pid,
      incarnation,
      version,
      send: (message) => void (socket.writable && socket.write(toJsonLine(message))),
    }
    connections.set(socket, connection)
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
    reports.answered(connection)
    acknowledgements.gone()
    options.guard?.gone(connection)
  }
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    try {
      unlinkSync(path)
    } catch {
      // There was none.
    }
    server.once('error', reject)
    server.listen(path, () => {
      server.off('error', reject)
      resolve()
    })
  })
}
