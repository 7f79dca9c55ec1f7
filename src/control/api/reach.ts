import type { Agent } from 'node:http'
import type { Duplex } from 'node:stream'

/** A way to control other than a unix socket of this machine. */
export interface Reach {
  /** What messages call it. */
  readonly place: string
  /**
   * Opens a connection to control's socket. It fails as a socket does: with ECONNREFUSED or ECONNRESET where control, or the
   * way to it, is away for a moment, and with a Problem where waiting is no use.
   * @param timeoutMs after so long without a byte it emits 'timeout', as a socket does
   */
  connect(timeoutMs: number): Duplex
}

/** What `node:http` needs to get there. An agent is for sockets of this machine: a bridge opens a stream faster than one ages. */
export function routeTo(to: string | Reach, timeoutMs: number, agent: Agent | false) {
  return typeof to === 'string' ? { socketPath: to, agent } : { createConnection: () => to.connect(timeoutMs) }
}

export function placeOf(to: string | Reach): string {
  return typeof to === 'string' ? to : to.place
}
