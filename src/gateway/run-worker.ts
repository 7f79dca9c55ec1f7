import type { AddressInfo } from 'node:net'
import { createLogger } from '../core/logger.ts'
import { messageOf } from '../core/problem.ts'
import { createLineWriter, formatAccessLine } from './access-log.ts'
import { createNetLink } from './adapters/net-link.ts'
import { createNetListener } from './adapters/net-listener.ts'
import { createGuardLink } from './admin/guard-link.ts'
import { createHttps } from './adapters/https.ts'
import { createAdminLink } from './admin/link.ts'
import type { Context } from './context.ts'
import { createCounterBook } from './counters.ts'
import { drain } from './drain.ts'
import { createFeedSets } from './feed-sets.ts'
import type { Exchange } from './exchange.ts'
import { serve } from './pipeline.ts'
import { probeUpstream } from './probe.ts'
import { Roll } from './roll.ts'
import { createRoutingState } from './routing.ts'
import { readReputation } from './saved-reputation.ts'
import { cutBlocked } from './stages/guard/reputation.ts'
import { noteRefused } from './refused.ts'
import { checkTable } from './table-check.ts'
import { readSavedTable } from './table-store.ts'
import { Spans } from './spans.ts'
import type { Claim, Upstream } from './upstream.ts'
import { createWaitingRoom } from './waiting-room.ts'
import { createWatchedBook } from './watched.ts'
import { createWorkerGuard } from './worker-guard.ts'

/** How long a retiring worker waits for its connections. */
export const RETIRE_MS = 30_000
/** After this part of it, requests that a pause still holds are told to come again. */
const LAST_CALL = 0.9

export interface WorkerOptions {
  /** Folder of the saved table. */
  readonly state: string
  /** 1, 2, … */
  readonly worker: number
  /** Path of control's unix socket. */
  readonly adminSocket: string
  /** The inherited listening socket; an address only in tests. */
  readonly listen: { readonly fd: number } | { readonly host: string; readonly port: number }
  /** The same for HTTPS. @default no HTTPS */
  readonly listenTls?: WorkerOptions['listen'] | null
  /** Takes log and access lines; default 1. */
  readonly outputDescriptor?: number
  /** @default RETIRE_MS */
  readonly retireMs?: number
}

export interface RunningWorker {
  readonly address: AddressInfo
  /** Null: no HTTPS. */
  readonly tlsAddress: AddressInfo | null
  /** Accepts nothing more and resolves when everything in flight is done, at the latest after `retireMs`. */
  retire(): Promise<void>
}

/** Starts one worker: reads the saved table, listens, then keeps in touch with control. */
export async function runWorker(options: WorkerOptions): Promise<RunningWorker> {
  const { state, worker, adminSocket, listen, listenTls = null, outputDescriptor = 1, retireMs = RETIRE_MS } = options
  const output = createLineWriter(outputDescriptor)
  const log = createLogger('gateway', (line) => output.write(line))
  const counters = createCounterBook()
  const watchedBook = createWatchedBook()
  const spans = new Spans()
  const open = new Roll<Exchange>()
  const waitingRoom = createWaitingRoom()
  const guard = createWorkerGuard()
  const feeds = createFeedSets(state, guard.reputation)

  const closing = { ended: (exchange: Exchange) => open.delete(exchange) }
  const onExchange = (exchange: Exchange): void => {
    open.add(exchange)
    exchange.onEnded(closing)
    serve(exchange, context)
  }
  const { connections } = guard.limits
  const connectionHooks = {
    onConnection: (address: string) => connections.opened(address),
    onConnectionClosed: (address: string) => connections.closed(address),
  }
  const listener = createNetListener({
    onExchange,
    onRefused: (refused) => noteRefused(refused, context),
    ...connectionHooks,
  })
  const https =
    listenTls === null
      ? null
      : createHttps({
          ...connectionHooks,
          onHttp1: (socket) => listener.accept(socket),
          onExchange,
          onUnusable: (reason) => log.error('the certificate in the table cannot be used', { reason }),
        })
  const routing = createRoutingState({
    link: createNetLink,
    probe: probeUpstream,
    onApplied({ table: { timeouts, pause, guard: policy, tls, acme, watched, sendsSpans }, trustedProxies }) {
      guard.apply(policy ?? null)
      connections.configure(policy?.connectionsPerClient ?? null, trustedProxies)
      https?.configure({ tls: tls ?? null, acme: acme ?? [], timeouts })
      feeds.want((policy?.feeds ?? []).map(({ url }) => url))
      listener.configure(timeouts, pause?.waitMs ?? 0)
      waitingRoom.apply(pause)
      watchedBook.apply(watched ?? [])
      spans.gatherSampled(sendsSpans ?? false)
    },
  })
  const context: Context = {
    routing,
    counters,
    watched: watchedBook,
    waitingRoom,
    guard,
    spans,
    accessLog: (line) => output.write(formatAccessLine(line)),
    onBug: (error) => log.error('a request failed', { error: error instanceof Error ? error.stack : messageOf(error) }),
  }

  readReputation(state, guard.reputation)
  const saved = readSavedTable(state)
  if (saved !== null) routing.apply(saved)
  // First it listens: a worker that is connected is one that serves.
  const address = await listener.listen(listen)
  const tlsAddress = (await https?.listen(listenTls!)) ?? null
  const link = createAdminLink({
    path: adminSocket,
    worker,
    state: () => ({ version: routing.current?.table.version ?? 0, token: routing.token }),
    apply(table) {
      const checked = checkTable(table)
      return typeof checked === 'string' ? checked : routing.apply(checked)
    },
    drain: (ids, withinMs) =>
      drain({
        claims: ids.flatMap((id) => claimsOf(routing.find(id))),
        withinMs,
        leaving: ({ upstream }) => !upstream.listed,
      }),
    counters: () =>
      counters.snapshot({
        connections: listener.openConnections,
        requests: open.size,
        pause: waitingRoom.counts(),
        tls: https?.counts,
        watched: watchedBook.snapshot(),
        down: routing.down(),
      }),
    guard: createGuardLink({
      guard,
      onBlocks: () => cutBlocked(open, guard),
      onFeed: (url) => void feeds.reload(url),
    }),
    limits: guard.limits,
    traces: spans,
  })
  log.info('listening', { worker, port: address.port, version: routing.current?.table.version ?? 0 })
  return { address, tlsAddress, retire }

  async function retire(): Promise<void> {
    log.info('retiring', { worker, openRequests: open.size, openConnections: listener.openConnections })
    const empty = Promise.all([listener.retire(), https?.retire()])
    const lasting = drain({ claims: routing.claims(), withinMs: retireMs, leaving: () => true })
    let limit: NodeJS.Timeout | undefined
    const late = new Promise<void>((resolve) => (limit = setTimeout(resolve, retireMs)))
    // Better an answer in time than a connection that is cut; also for WebSockets that were held when the drain began.
    const lastCall = setTimeout(() => {
      waitingRoom.close()
      void drain({ claims: routing.claims(), withinMs: retireMs * (1 - LAST_CALL), leaving: () => true })
    }, retireMs * LAST_CALL)
    await Promise.race([Promise.all([empty, lasting]), late])
    clearTimeout(limit)
    clearTimeout(lastCall)
    listener.close()
    https?.close()
    routing.close()
    log.info('retired', { worker, openRequests: open.size })
    await link.close()
    output.flushSync()
  }
}

function claimsOf(upstream: Upstream | null): Claim[] {
  return upstream === null || upstream.listed ? [] : [...upstream.claims]
}
