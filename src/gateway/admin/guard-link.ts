import type { SecurityEvent } from '../../guard/event.ts'
import type { WorkerGuard } from '../worker-guard.ts'
import type { GuardFromWorker, GuardToWorker } from './guard-protocol.ts'

/** How often events that are no refusals are sent. */
export const EVENTS_EVERY_MS = 200
/** Events in one message. */
const BATCH_MAX = 500

export interface GuardLinkOptions {
  readonly guard: WorkerGuard
  /** Blocks have come that may hold clients who are connected. */
  readonly onBlocks: () => void
  /** A feed has been saved anew. */
  readonly onFeed: (url: string) => void
}

/** The guard's part of a worker's connection to control. */
export interface GuardLink {
  /** Connected, perhaps again: what control has not confirmed is sent once more. */
  connected(send: (message: GuardFromWorker) => void): void
  disconnected(): void
  onMessage(message: GuardToWorker): void
  /** Sends what there is, for a worker that leaves. */
  close(): void
}

export function createGuardLink({ guard, onBlocks, onFeed }: GuardLinkOptions): GuardLink {
  let send: ((message: GuardFromWorker) => void) | null = null
  let batch = 0
  /** Sent and not confirmed: one at a time, so control can neither be swamped nor miss one. */
  let inFlight: readonly SecurityEvent[] | null = null
  let soon = false
  guard.onRefusal(() => {
    if (soon) return
    soon = true
    // After this turn, so that refusals of one read go in one message.
    setImmediate(() => {
      soon = false
      flush()
    })
  })
  const ticker = setInterval(flush, EVENTS_EVERY_MS).unref()

  return {
    connected(sender) {
      send = sender
      if (inFlight === null) flush()
      else send({ type: 'security', batch, events: inFlight })
    },
    disconnected: () => void (send = null),
    onMessage,
    close() {
      clearInterval(ticker)
      guard.events.flush()
      flush()
    },
  }

  function flush(): void {
    if (send === null || inFlight !== null) return
    const events = guard.events.take(BATCH_MAX)
    if (events.length === 0) return
    inFlight = events
    batch += 1
    send({ type: 'security', batch, events })
  }

  function onMessage(message: GuardToWorker): void {
    switch (message.type) {
      case 'security-kept':
        if (message.batch !== batch) return
        inFlight = null
        return flush()
      case 'locks':
        for (const { key, untilMs } of message.locks) guard.identity.lockout.lock(key, untilMs)
        return
      case 'blocks':
        guard.reputation.replaceBlocks(message.blocks)
        return applied(message.version)
      case 'blocks-changed':
        for (const change of message.changes)
          if ('add' in change) guard.reputation.blocks.add(change.add)
          else guard.reputation.blocks.remove(change.remove)
        return applied(message.version)
      case 'feed':
        return onFeed(message.url)
      case 'risks':
        return guard.reputation.noteRisks(message.reports)
      case 'lease':
        return
    }
  }

  function applied(version: number): void {
    onBlocks()
    send?.({ type: 'blocks-applied', version })
  }
}
