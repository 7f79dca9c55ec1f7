import { createHistogram } from 'node:perf_hooks'
import { arrivals } from './arrivals.ts'
import { Backlog } from './backlog.ts'
import { Connections, type Outcome } from './connections.ts'
import { bytesOf, type LoadOptions } from './options.ts'
import { percentilesOf, saturationOf, type LoadResult } from './result.ts'

/** Up to an hour in microseconds, three digits kept: 0.1 % off at most. */
const HISTOGRAM = { lowest: 1, highest: 3_600_000_000, figures: 3 }
const LOOK_MS = 20
/** Requests sent in one go when the schedule is ahead: then the answers that have come are read. */
const BURST_MAX = 256

/**
 * Sends requests by a schedule that no answer can change, and counts each one's time from the instant at which it should have
 * been sent: a server that stalls makes every request wait that came meanwhile, and all of them are seen (a client that
 * waits for its answer before it asks again sees one).
 */
export async function generateLoad(options: LoadOptions, signal?: AbortSignal): Promise<LoadResult> {
  const { host, port, request, perSecond, forMs, connectionsMax, timeoutMs, expect, lagMsMax } = options
  const bytes = bytesOf(options)
  const connections = new Connections({ host, port, isHead: request.method === 'HEAD', max: connectionsMax })
  const latency = createHistogram(HISTOGRAM)
  const lag = createHistogram(HISTOGRAM)
  const statuses: Record<string, number> = {}
  const failures: Record<string, number> = {}
  /** In the order of their intended instants, so that the first is the one to time out first. */
  const open = new Map<number, { readonly due: number; readonly giveUp: () => void }>()
  const count = { requests: 0, sent: 0, answered: 0, good: 0, notSent: 0, answeredInTime: 0 }
  const backlog = new Backlog(forMs)
  const cpuBefore = process.cpuUsage()
  const beganAt = performance.now()
  const now = (): number => performance.now() - beganAt
  const isOver = (): boolean => signal?.aborted ?? false

  const schedule = arrivals({ kind: options.arrivals, perSecond, forMs, seed: options.seed })
  const sendingMs = Math.max(await sendAll(), forMs)
  await waitForTheRest()
  const cpu = cpuShare(process.cpuUsage(cpuBefore), now())
  connections.close()
  const lagSeen = percentilesOf(lag)
  return {
    asked: { perSecond, forMs, requests: count.requests },
    sent: count.sent,
    answered: count.answered,
    good: count.good,
    notSent: count.notSent,
    sentPerSecond: (count.sent * 1000) / sendingMs,
    answeredPerSecond: (count.answeredInTime * 1000) / sendingMs,
    backlog: backlog.means(),
    statuses,
    failures,
    latency: percentilesOf(latency),
    lag: lagSeen,
    cpu,
    bytes: { sent: count.sent * bytes.length, received: connections.bytesReceived },
    connections: { opened: connections.opened, mostOpen: connections.mostOpen },
    saturated: saturationOf(lagSeen, cpu, lagMsMax),
  }

  /** Returns when the last one was sent. Whatever comes due during a wait is sent after it: late, but never left out. */
  async function sendAll(): Promise<number> {
    let sentAt = 0
    for (const due of schedule) {
      if (count.requests % BURST_MAX === BURST_MAX - 1) await new Promise((resolve) => setImmediate(resolve))
      for (let aheadMs = due - now(); aheadMs > 0 && !isOver(); aheadMs = due - now()) await pause(aheadMs)
      if (isOver()) return now()
      send(count.requests++, due)
      sentAt = now()
    }
    // The last request is due before the end: answers may still come in time.
    for (let leftMs = forMs - now(); leftMs > 0 && !isOver(); leftMs = forMs - now()) await pause(leftMs)
    return sentAt
  }

  async function pause(ms: number): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, Math.min(ms, LOOK_MS)))
    giveUpLate()
  }

  function send(number: number, due: number): void {
    record(lag, now() - due)
    const giveUp = connections.send(bytes, (outcome) => {
      close(number)
      record(latency, now() - due)
      note(outcome)
    })
    if (giveUp === null) return void (count.notSent += 1)
    count.sent += 1
    open.set(number, { due, giveUp })
    backlog.note(now(), open.size)
  }

  function close(number: number): void {
    open.delete(number)
    backlog.note(now(), open.size)
  }

  function note(outcome: Outcome): void {
    if (outcome.kind === 'failure') return void (failures[outcome.what] = (failures[outcome.what] ?? 0) + 1)
    const { status } = outcome
    count.answered += 1
    if (now() <= forMs) count.answeredInTime += 1
    statuses[status] = (statuses[status] ?? 0) + 1
    if (expect === null ? status >= 200 && status < 300 : status === expect) count.good += 1
  }

  function giveUpLate(): void {
    for (const [number, { due, giveUp }] of open) {
      if (now() - due < timeoutMs && !isOver()) return
      close(number)
      giveUp()
      record(latency, now() - due)
      note({ kind: 'failure', what: isOver() ? 'interrupted' : 'timeout' })
    }
  }

  async function waitForTheRest(): Promise<void> {
    while (open.size > 0) await pause(LOOK_MS)
  }
}

function record(histogram: { record(value: number): void }, ms: number): void {
  histogram.record(Math.min(HISTOGRAM.highest, Math.max(1, Math.round(ms * 1000))))
}

function cpuShare({ user, system }: NodeJS.CpuUsage, elapsedMs: number): number {
  return (user + system) / 1000 / elapsedMs
}
