/**
 * The wrong way, for comparison: a worker that retires by plain `http.Server.close()`, which since Node 19 also cuts idle
 * kept-alive connections, and with them requests that are on their way. Copied beside a copy of the worker by `runStyle`.
 */
import { Server as HttpServer } from 'node:http'
import { Server } from 'node:net'

// eslint-disable-next-line typescript/unbound-method -- called with its server below
const stopAccepting = Server.prototype.close

Server.prototype.close = function close(this: Server, callback?: (error?: Error) => void): Server {
  if (this instanceof HttpServer) this.closeIdleConnections()
  return stopAccepting.call(this, callback)
}
