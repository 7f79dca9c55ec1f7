/** Requests to upstreams over connections of our own: as few as needed, the one used last first. */
import { performance } from 'node:perf_hooks'
import type { UpstreamEvents, UpstreamLink, UpstreamRequest } from '../upstream-link.ts'
import { Call } from './upstream-call.ts'
import { UpstreamConnection } from './upstream-connection.ts'

/** Idle connections kept to one upstream by one worker. */
export const FREE_CONNECTIONS_MAX = 256
/** Connections of one worker to one upstream, WebSockets aside. Beyond, requests wait as long as for a connection to be made. */
export const CONNECTIONS_MAX = 4_096
export const WAITING_MAX = 4_096

/**
 * An idle connection is closed by us after this long, or earlier where the upstream's `Keep-Alive: timeout` hint says so: a
 * POST that meets the upstream's own close cannot be repeated. Node's servers close after 5 s, other common ones later.
 */
export const UPSTREAM_IDLE_MS = 4_000
/** So much before the upstream would close by its own hint. */
const HINT_MARGIN_MS = 1_000
/** A connection is not kept for ever: whoever balances connections behind this address gets to do so. */
const AGE_MS_MAX = 3_600_000
const USES_MAX = 1_000_000

export interface NetLinkOptions {
  /** @default UPSTREAM_IDLE_MS */
  readonly idleMs?: number
  /** @default CONNECTIONS_MAX */
  readonly connectionsMax?: number
}

/** A link with its own pool of kept-alive connections. */
export function createNetLink(
  { host, port }: { readonly host: string; readonly port: number },
  { idleMs = UPSTREAM_IDLE_MS, connectionsMax = CONNECTIONS_MAX }: NetLinkOptions = {},
): UpstreamLink {
  const idle: UpstreamConnection[] = []
  const counted = new Set<UpstreamConnection>()
  const line = new Set<Call>()
  let closed = false
  const owner = { free, gone }
  return { send, close }

  function send(request: UpstreamRequest, events: UpstreamEvents): Call {
    const call = new Call(request, events)
    if (request.websocket || closed) open(call, true)
    else if (request.fresh && hasRoom()) open(call, true)
    else if (!request.fresh && idle.length > 0) use(idle.pop()!, call)
    else if (!request.fresh && counted.size < connectionsMax) open(call, false)
    else enqueue(call)
    return call
  }

  /** For one more connection; the one that has been idle for longest makes it, where it must. */
  function hasRoom(): boolean {
    if (counted.size >= connectionsMax) idle[0]?.destroy()
    return counted.size < connectionsMax
  }

  function use(connection: UpstreamConnection, call: Call): void {
    connection.begin(call)
    // Not before `send` has returned.
    if (!call.sent) process.nextTick(tellConnected, call)
  }

  function tellConnected(call: Call): void {
    if (!call.destroyed && !call.settled) call.events.connected()
  }

  function open(call: Call, once: boolean): void {
    const connection = new UpstreamConnection(call, { host, port, owner, once })
    if (!call.request.websocket) counted.add(connection)
  }

  function enqueue(call: Call): void {
    if (line.size >= WAITING_MAX) {
      process.nextTick(() => call.fail('connect-timeout', 'too many requests wait for a connection'))
      return
    }
    line.add(call)
    call.wait(() => line.delete(call))
  }

  function free(connection: UpstreamConnection, now = performance.now()): void {
    const { hintSeconds, uses, openedMs } = connection
    const keepMs = hintSeconds === null ? idleMs : Math.min(idleMs, hintSeconds * 1000 - HINT_MARGIN_MS)
    if (closed || keepMs <= 0 || uses >= USES_MAX) return connection.destroy()
    if (line.size > 0) {
      const [next] = line
      // Its turn comes when this one has gone.
      if (next!.request.fresh) return connection.destroy()
      line.delete(next!)
      next!.ready()
      use(connection, next!)
      // Whoever waits for the answer counts from here: when it asked, nothing could be sent.
      if (next!.sent) process.nextTick(tellConnected, next)
      return
    }
    if (idle.length >= FREE_CONNECTIONS_MAX || now - openedMs > AGE_MS_MAX) return connection.destroy()
    idle.push(connection)
    connection.deadline.arm(keepMs, now)
  }

  function gone(connection: UpstreamConnection): void {
    const index = idle.lastIndexOf(connection)
    if (index !== -1) idle.splice(index, 1)
    if (!counted.delete(connection)) return
    const next = line.values().next().value
    if (next === undefined) return
    line.delete(next)
    next.ready()
    open(next, closed || next.request.fresh)
  }

  function close(): void {
    closed = true
    for (const connection of idle.splice(0)) connection.destroy()
  }
}
