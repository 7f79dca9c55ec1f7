import type { Pause } from './table.ts'

/**
 * What a held request may keep in memory of its body: a full stream buffer and one read beyond it. The rest stays with the
 * client, whose connection is not read meanwhile.
 */
export const BUFFERED_BYTES_MAX = 128 * 1024

/**
 * Requests let go before one of them has ended: an instance that has just come up is not met by all of them at once, and a
 * queue of connections as short as some servers' (128) does not run over.
 */
export const RELEASED_AT_ONCE = 64
/** So many more are let go after this long although none has ended: they may be WebSockets, or slow. */
export const RELEASE_ANYWAY_MS = 250

/** What became of requests that met a pause; cumulative but for `held`. */
export interface PauseCounts {
  /** Waiting now. */
  readonly held: number
  /** Sent on after the pause, in their order. */
  readonly forwarded: number
  /** Refused at once: count or bytes were used up. */
  readonly overflowed: number
  /** Waited for as long as they may. */
  readonly timedOut: number
  /** Whose client left while they waited. */
  readonly left: number
  /** Ended by the end of their worker. */
  readonly lost: number
  /** Answered with the maintenance page. */
  readonly turnedAway: number
}

/** `forward`: its turn has come. `maintenance`: the pause has become one. `lost`: the worker ends. */
export type WaitEnd = 'forward' | 'overflowed' | 'timedOut' | 'left' | 'lost' | 'maintenance'

export interface Guest {
  readonly service: string
  /** Bytes of body the client announced; null: unknown. */
  readonly bodyBytes: number | null
  /** Calls back once when the client leaves, perhaps at once. */
  readonly onGone: (listener: () => void) => void
}

export interface WaitingRoom {
  /** Whether a request of this service has to wait: it is held, or others of it still are. */
  mustWait(service: string): boolean
  /** Waits within the bounds of the pause. Those who are let go continue in the order in which they came. */
  wait(guest: Guest): Promise<WaitEnd>
  /** One that was let go has ended: the next may go. */
  ended(): void
  countTurnedAway(): void
  /** A table has become current. */
  apply(pause: Pause | null): void
  counts(): PauseCounts
  /** Ends all waiting: the worker ends. */
  close(): void
}

interface Waiting {
  readonly service: string
  readonly bytes: number
  readonly end: (how: WaitEnd) => void
}

/** Where requests of one worker wait during a pause, in the order in which they came, bounded in count, bytes and time. */
export function createWaitingRoom(): WaitingRoom {
  const queue = new Set<Waiting>()
  const waitingOf = new Map<string, number>()
  const sums = { forwarded: 0, overflowed: 0, timedOut: 0, left: 0, lost: 0, turnedAway: 0 }
  let bytes = 0
  let current: Pause | null = null
  /** The newest bounds: they also hold for those who come while the others are let go. */
  let bounds: Pick<Pause, 'queue' | 'bytesMax' | 'waitMs'> = { queue: 0, bytesMax: 0, waitMs: 0 }
  /** How many may be let go now. */
  let allowance = RELEASED_AT_ONCE
  let refill: NodeJS.Timeout | undefined
  let closed = false
  return {
    mustWait: (service) => holds(service) || waitingOf.has(service),
    wait,
    ended() {
      allowance = Math.min(RELEASED_AT_ONCE, allowance + 1)
      release()
    },
    countTurnedAway: () => void (sums.turnedAway += 1),
    apply(pause) {
      current = pause
      if (pause !== null) bounds = pause
      release()
    },
    counts: () => ({ held: queue.size, ...sums }),
    close() {
      closed = true
      clearTimeout(refill)
      for (const one of queue) one.end('lost')
    },
  }

  function wait({ service, bodyBytes, onGone }: Guest): Promise<WaitEnd> {
    const reserved = Math.min(bodyBytes ?? BUFFERED_BYTES_MAX, BUFFERED_BYTES_MAX)
    if (closed) return Promise.resolve(counted('lost'))
    if (queue.size >= bounds.queue || bytes + reserved > bounds.bytesMax) return Promise.resolve(counted('overflowed'))
    return new Promise((resolve) => {
      const limit = setTimeout(() => end('timedOut'), bounds.waitMs)
      const waiting: Waiting = { service, bytes: reserved, end }
      queue.add(waiting)
      bytes += reserved
      waitingOf.set(service, (waitingOf.get(service) ?? 0) + 1)
      onGone(() => end('left'))

      function end(how: WaitEnd): void {
        if (!queue.delete(waiting)) return
        clearTimeout(limit)
        bytes -= reserved
        const others = waitingOf.get(service)! - 1
        if (others === 0) waitingOf.delete(service)
        else waitingOf.set(service, others)
        resolve(counted(how))
      }
    })
  }

  /** Lets go whoever is held no longer, in order and as far as the allowance goes. */
  function release(): void {
    if (queue.size === 0) return
    for (const one of queue) {
      if (holds(one.service)) continue
      const turnedAway = current !== null && isPaused(current, one.service)
      if (!turnedAway && allowance === 0) return refillSoon()
      if (!turnedAway) allowance -= 1
      one.end(turnedAway ? 'maintenance' : 'forward')
    }
  }

  function refillSoon(): void {
    refill ??= setTimeout(() => {
      refill = undefined
      allowance = RELEASED_AT_ONCE
      release()
    }, RELEASE_ANYWAY_MS)
  }

  function holds(service: string): boolean {
    return current?.kind === 'hold' && isPaused(current, service)
  }

  function counted(how: WaitEnd): WaitEnd {
    if (how === 'forward') sums.forwarded += 1
    else if (how === 'maintenance') sums.turnedAway += 1
    else sums[how] += 1
    return how
  }
}

/** Whether a pause of either kind concerns a service. */
export function isPaused({ services }: Pause, service: string): boolean {
  return services === null || services.includes(service)
}
