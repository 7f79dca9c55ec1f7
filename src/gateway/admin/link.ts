import { randomUUID } from 'node:crypto'
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { monotonicNs } from '../../core/clock.ts'
import { readJsonLines, toJsonLine } from '../../core/json-lines.ts'
import type { Trace } from '../../observe/traces/span.ts'
import type { Spans } from '../spans.ts'
import type { RoutingTable } from '../table.ts'
import type { GuardLink } from './guard-link.ts'
import type { LimitsChannel } from './limits-channel.ts'
import type { Counters, DrainReport, FromWorker, ToWorker } from './protocol.ts'

/** How often the counters are sent. */
export const COUNTERS_EVERY_MS = 500

/** Waiting time before the next attempt to reach control: doubled from the first to the last. */
export const RECONNECT_MS = { min: 25, max: 1_000 } as const

/** Counters are left out while control does not read: they are cumulative, the next ones say it all. */
const UNREAD_BYTES_MAX = 4 * 1024 * 1024

/** Drain reports kept for a control that was away when they were ready. */
const REPORTS_MAX = 16

export interface AdminLinkOptions {
  readonly path: string
  readonly worker: number
  readonly state: () => { readonly version: number; readonly token: number }
  /** Returns why the table was refused, or null. Whatever it was given is unchecked. */
  readonly apply: (table: unknown) => string | null
  readonly drain: (upstreams: readonly string[], withinMs: number) => Promise<DrainReport>
  readonly counters: () => Counters
  readonly guard: GuardLink
  readonly limits?: LimitsChannel
  readonly traces?: Pick<Spans, 'take' | 'takeAll' | 'takeSampled'>
}

export interface AdminLink {
  /** Sends the last counters and leaves. */
  close(): Promise<void>
}

/** Keeps a connection to control for as long as the worker lives; the worker never waits for it. */
export function createAdminLink(options: AdminLinkOptions): AdminLink {
  const incarnation = randomUUID()
  const drains = new Map<number, Promise<DrainReport>>()
  let socket: Socket | null = null
  let closed = false
  let backoffMs: number = RECONNECT_MS.min
  let retry: NodeJS.Timeout | undefined
  open()
  const ticker = setInterval(() => {
    if (socket === null || socket.writableLength >= UNREAD_BYTES_MAX) return
    sendCounters()
    sendTraces(options.traces?.take() ?? [])
  }, COUNTERS_EVERY_MS).unref()

  return {
    close() {
      closed = true
      clearInterval(ticker)
      clearTimeout(retry)
      const last = socket
      if (last === null || last.connecting) {
        last?.destroy()
        return Promise.resolve()
      }
      sendCounters()
      sendTraces(options.traces?.takeAll() ?? [])
      options.guard.close()
      return new Promise((resolve) => {
        const limit = setTimeout(() => last.destroy(), 200)
        last.once('close', () => {
          clearTimeout(limit)
          resolve()
        })
        last.end()
      })
    },
  }

  function sendTraces(traces: readonly Trace[]): void {
    if (traces.length > 0) send({ type: 'traces', traces })
    const sampled = options.traces?.takeSampled()
    if (sampled !== undefined && sampled.requests.length + sampled.left > 0) send({ type: 'spans', ...sampled })
  }

  function open(): void {
    const opened = connect(options.path)
    socket = opened
    opened.once('connect', () => {
      backoffMs = RECONNECT_MS.min
      send({ type: 'hello', worker: options.worker, pid: process.pid, incarnation, ...options.state() })
      options.guard.connected(send)
      options.limits?.connect(send)
    })
    readJsonLines(opened, (value) => onMessage(value as ToWorker))
    opened.on('error', () => {})
    opened.once('close', () => {
      socket = null
      options.guard.disconnected()
      options.limits?.connect(null)
      if (closed) return
      retry = setTimeout(open, backoffMs).unref()
      backoffMs = Math.min(RECONNECT_MS.max, backoffMs * 2)
    })
  }

  function onMessage(message: ToWorker): void {
    switch (message.type) {
      case 'table':
        return onTable(message.table)
      case 'report':
        return sendCounters()
      case 'drain':
        return void onDrain(message)
      case 'limits':
      case 'lease':
      case 'connections':
        return options.limits?.onMessage(message)
      default:
        return options.guard.onMessage(message)
    }
  }

  function onTable(table: RoutingTable): void {
    const reason = options.apply(table)
    send(
      reason === null
        ? { type: 'applied', version: table.version, atNs: monotonicNs() }
        : { type: 'refused', version: table.version, reason },
    )
  }

  /** Control asks again after a reconnection: the same drain is joined, not begun anew. */
  async function onDrain(order: Extract<ToWorker, { type: 'drain' }>): Promise<void> {
    let running = drains.get(order.drain)
    if (running === undefined) {
      if (drains.size >= REPORTS_MAX) drains.delete(drains.keys().next().value!)
      running = options.drain(order.upstreams, order.withinMs)
      drains.set(order.drain, running)
    }
    send({ type: 'drained', drain: order.drain, report: await running })
  }

  function sendCounters(): void {
    send({ type: 'counters', counters: options.counters() })
  }

  function send(message: FromWorker): void {
    if (socket?.writable === true) socket.write(toJsonLine(message))
  }
}
