import type { EventKind, SecurityEvent } from '../../guard/event.ts'
import type { ThreatClass } from '../../guard/threats.ts'

/** Minutes that are counted one by one. */
export const MINUTES_KEPT = 24 * 60
const MINUTE_MS = 60_000

export interface MinuteCounts {
  /** Its beginning, in milliseconds since the epoch. */
  readonly atMs: number
  readonly events: number
  readonly refused: number
}

interface Minute {
  atMs: number
  events: number
  refused: number
}

/** How many security events there were, of which kinds and classes, minute by minute. Its size does not depend on who comes. */
export class Analytics {
  readonly #minutes: Minute[] = Array.from({ length: MINUTES_KEPT }, () => ({ atMs: -1, events: 0, refused: 0 }))
  readonly #kinds = new Map<EventKind, number>()
  readonly #classes = new Map<ThreatClass, number>()
  #events = 0
  #refused = 0

  note({ kind, class: threat, refused, atMs, count = 1 }: SecurityEvent): void {
    this.#events += count
    if (refused) this.#refused += count
    this.#kinds.set(kind, (this.#kinds.get(kind) ?? 0) + count)
    if (threat !== null) this.#classes.set(threat, (this.#classes.get(threat) ?? 0) + count)
    const minute = this.#minuteOf(atMs)
    if (minute === null) return
    minute.events += count
    if (refused) minute.refused += count
  }

  /** Since this control has started. */
  totals(): {
    readonly events: number
    readonly refused: number
    readonly kinds: Readonly<Partial<Record<EventKind, number>>>
    readonly classes: Readonly<Partial<Record<ThreatClass, number>>>
  } {
    return {
      events: this.#events,
      refused: this.#refused,
      kinds: Object.fromEntries(this.#kinds),
      classes: Object.fromEntries(this.#classes),
    }
  }

  /** The last minutes, oldest first, those without an event included; at most MINUTES_KEPT. */
  minutes(count: number, nowMs: number): readonly MinuteCounts[] {
    const last = startOf(nowMs)
    const length = Math.max(0, Math.min(count, MINUTES_KEPT))
    return Array.from({ length }, (_, index) => {
      const atMs = last - (length - 1 - index) * MINUTE_MS
      const minute = this.#minutes[slotOf(atMs)]!
      return minute.atMs === atMs ? { ...minute } : { atMs, events: 0, refused: 0 }
    })
  }

  /** Null: it is longer ago than what is kept. */
  #minuteOf(atMs: number): Minute | null {
    const start = startOf(atMs)
    const minute = this.#minutes[slotOf(start)]!
    if (minute.atMs > start) return null
    if (minute.atMs < start) {
      minute.atMs = start
      minute.events = 0
      minute.refused = 0
    }
    return minute
  }
}

function startOf(atMs: number): number {
  return Math.floor(atMs / MINUTE_MS) * MINUTE_MS
}

function slotOf(startMs: number): number {
  return ((startMs / MINUTE_MS) % MINUTES_KEPT) | 0
}
