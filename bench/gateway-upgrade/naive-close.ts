/**
 * The wrong way, for comparison: a worker that retires as `http.Server.close()` does since Node 19, which also cuts idle
 * kept-alive connections, and with them requests that are on their way. Copied beside a copy of the worker by `runStyle`.
 */
import { Server } from 'node:net'
import type * as Connections from '../../src/gateway/adapters/client-connection.ts'

// Of the copy beside which this one lies, not of the sources.
const beside = new URL('./adapters/client-connection.ts', import.meta.url).href
const { ClientConnection } = (await import(beside)) as typeof Connections
const kept = new Set<Connections.ClientConnection>()

// eslint-disable-next-line typescript/unbound-method -- called with its connection below
const { answered } = ClientConnection.prototype
ClientConnection.prototype.answered = function noted(this: Connections.ClientConnection, exchange): void {
  kept.add(this)
  answered.call(this, exchange)
}

// eslint-disable-next-line typescript/unbound-method -- called with its server below
const stopAccepting = Server.prototype.close
Server.prototype.close = function close(this: Server, callback?: (error?: Error) => void): Server {
  for (const connection of kept) if (connection.isSilentSince(Infinity)) connection.destroy()
  return stopAccepting.call(this, callback)
}
