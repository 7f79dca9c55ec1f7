import type { FromWorker, ToWorker } from './protocol.ts'
import type { RoutingTable } from '../table.ts'

/** A worker that runs, according to whoever started it. */
export interface ExpectedWorker {
  readonly worker: number
  /** 0 for one of a gateway elsewhere: it is known by its number. */
  readonly pid: number
  /** Milliseconds since the epoch. */
  readonly startedAt: number
  /** The name of the gateway it belongs to. @default control's own */
  readonly gateway?: string
  /** Nothing has been heard of its gateway for so long that only a switch waits for it. @default false */
  readonly isAway?: boolean
}

/** One connection of a worker that has said hello. */
export interface Connection {
  worker: number
  pid: number
  /** Empty: control's own. */
  gateway: string
  incarnation: string
  version: number
  send(message: ToWorker): void
}

/** What a worker is told apart by: pids of another machine may be those of this one. */
export function workerKey({ gateway = '', worker, pid }: Pick<ExpectedWorker, 'gateway' | 'worker' | 'pid'>): string {
  return gateway === '' ? String(pid) : `${gateway}#${worker}`
}

/** Control's end of a connection, before anything has been said. */
export interface Peer {
  /** Whose worker it is. Empty: control's own. */
  readonly gateway: string
  send(message: ToWorker): void
  destroy(): void
}

/** What is made of a connection that has come. */
export interface Meeting {
  onMessage(message: FromWorker): void
  onClosed(): void
}

/** Where workers come in. */
export interface Door {
  open(meet: (peer: Peer) => Meeting): Promise<void>
  close(): Promise<void>
}

/** Gateways on other machines, and who of them belongs to the environment. */
export interface Elsewhere {
  readonly door: Door
  isMember(gateway: string): boolean
  /** The table that was in force when control began: those who come without one are given it. */
  readonly saved: RoutingTable | null
  /** Nothing has been heard of it for a while. */
  isAway(gateway: string): boolean
}
