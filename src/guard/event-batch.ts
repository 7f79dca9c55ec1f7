import type { SecurityEvent } from './event.ts'

/** Like events of one client that are told one by one in a window; more are counted in one event. */
export const SINGLE_MAX = 5
/** All events that are told one by one in a window. */
export const SINGLES_MAX = 200
export const WINDOW_MS = 1_000
/** Events that wait; more are counted in one event for each kind and class. */
export const WAITING_MAX = 4_096
/** Clients and kinds that are told apart in a window. */
const APART_MAX = 2_000

const TEXT_MAX = { path: 256, reason: 200, principal: 128, correlationId: 128, excerpt: 120, name: 64, evidence: 8 }

interface Like {
  singles: number
  /** Those beyond, as one. */
  rest: Counted | null
}
type Counted = { -readonly [K in keyof SecurityEvent]: SecurityEvent[K] } & { count: number; untilMs: number }

/**
 * Security events on their way to whoever keeps them. In a flood like events are counted in one, with the times of the first
 * and the last: the number of events is bounded, none is lost without being counted.
 */
export class EventBatch {
  #waiting: SecurityEvent[] = []
  #likes = new Map<string, Like>()
  #singles = 0
  #windowSinceMs = Number.NEGATIVE_INFINITY
  /** By kind and class, when there is room for nothing else: it waits like the others. */
  readonly #overflow = new Map<string, Counted>()

  /** True: there is something to take now. */
  get isWaiting(): boolean {
    return this.#waiting.length > 0 || this.#overflow.size > 0
  }

  add(event: SecurityEvent, nowMs: number = Date.now()): void {
    this.#turn(nowMs)
    const { kind, client, refused } = event
    const own = `${kind} ${event.class ?? ''} ${refused} ${client}`
    const isApart = this.#likes.has(own) || this.#likes.size < APART_MAX
    const key = isApart ? own : `${kind} ${event.class ?? ''} ${refused}`
    let like = this.#likes.get(key)
    if (like === undefined) this.#likes.set(key, (like = { singles: 0, rest: null }))
    if (like.singles < SINGLE_MAX && this.#singles < SINGLES_MAX && isApart) {
      like.singles += 1
      this.#singles += 1
      this.#push(clip(event))
    } else if (like.rest === null) like.rest = counted(clip(event), isApart ? client : '')
    else merge(like.rest, event)
  }

  /** The oldest events, at most so many; what is still being counted comes when its window is over. */
  take(max: number, nowMs: number = Date.now()): readonly SecurityEvent[] {
    this.#turn(nowMs)
    const taken = this.#waiting.splice(0, max)
    for (const [key, event] of this.#overflow) {
      if (taken.length >= max) break
      taken.push(event)
      this.#overflow.delete(key)
    }
    return taken
  }

  /** Ends the window at once, for a process that ends. */
  flush(): void {
    for (const { rest } of this.#likes.values()) if (rest !== null) this.#push(rest)
    this.#likes = new Map()
    this.#singles = 0
    this.#windowSinceMs = Number.NEGATIVE_INFINITY
  }

  #turn(nowMs: number): void {
    // A clock that steps back begins a window too.
    if (nowMs >= this.#windowSinceMs && nowMs - this.#windowSinceMs < WINDOW_MS) return
    this.flush()
    this.#windowSinceMs = nowMs
  }

  #push(event: SecurityEvent): void {
    if (this.#waiting.length < WAITING_MAX) return void this.#waiting.push(event)
    const key = `${event.kind} ${event.class ?? ''} ${event.refused}`
    const known = this.#overflow.get(key)
    if (known === undefined) this.#overflow.set(key, counted(event, ''))
    else merge(known, event)
  }
}

function counted(event: SecurityEvent, client: string): Counted {
  return { ...event, client, count: event.count ?? 1, untilMs: event.untilMs ?? event.atMs }
}

function merge(into: Counted, event: SecurityEvent): void {
  into.count += event.count ?? 1
  into.untilMs = Math.max(into.untilMs, event.untilMs ?? event.atMs)
  into.score = Math.max(into.score, event.score)
}

/** What a client writes is as long as it likes: a record is not. */
function clip(event: SecurityEvent): SecurityEvent {
  const { evidence, principal } = event
  return {
    ...event,
    correlationId: short(event.correlationId, TEXT_MAX.correlationId),
    method: short(event.method, 32),
    path: short(event.path, TEXT_MAX.path),
    reason: short(event.reason, TEXT_MAX.reason),
    principal: principal === null ? null : short(principal, TEXT_MAX.principal),
    evidence: evidence.slice(0, TEXT_MAX.evidence).map((part) => ({
      ...part,
      name: short(part.name, TEXT_MAX.name),
      excerpt: short(part.excerpt, TEXT_MAX.excerpt),
    })),
  }
}

function short(text: string, max: number): string {
  return text.length > max ? `${text.slice(0, max - 1)}…` : text
}
