import { matchesQuery, type LogQuery, type StoredLine } from './line.ts'

/** The newest lines are held for those who follow: more are told as dropped to whoever is slower. */
export const RING_LINES_MAX = 10_000
/** And no more text than this: a line may have 64 KiB. In characters. */
export const RING_TEXT_MAX = 32 * 1024 * 1024
/** At most so many wait at once. */
export const FOLLOWERS_MAX = 64
/** The longest that a follower is kept waiting. */
export const FOLLOW_WAIT_MS_MAX = 30_000
const ANSWER_LINES_MAX = 1_000
/** Of one answer: control turns it into JSON, and does nothing else meanwhile. In characters; one line always goes. */
const ANSWER_TEXT_MAX = 2 * 1024 * 1024

export interface FollowAsk {
  readonly query: LogQuery
  /** What the answer before said; null: from now on. */
  readonly after: string | null
  /** How long to wait for a line. */
  readonly waitMs: number
}

export interface FollowAnswer {
  /** In the order in which they came. */
  readonly lines: readonly StoredLine[]
  readonly after: string
  /** Lines that came and went before they could be looked at, whether they match or not. */
  readonly dropped: number
}

interface Waiting {
  readonly ask: FollowAsk
  readonly from: number
  readonly answer: (answer: FollowAnswer) => void
  readonly timer: NodeJS.Timeout
}

/** The newest lines in the order of their coming, for the live tail. Nobody's slowness holds up anything. */
export class Ring {
  readonly #epoch: string
  readonly #max: number
  #lines: (StoredLine | undefined)[] = []
  #count = 0
  #oldest = 0
  #text = 0
  readonly #waiting = new Set<Waiting>()

  constructor(epoch: string, max = RING_LINES_MAX) {
    this.#epoch = epoch
    this.#max = max
  }

  add(lines: readonly StoredLine[]): void {
    for (const line of lines) {
      if (this.#count - this.#oldest >= this.#max) this.#dropOldest()
      this.#lines[this.#count++ % this.#max] = line
      this.#text += line.text.length
      while (this.#text > RING_TEXT_MAX) this.#dropOldest()
    }
    for (const waiting of this.#waiting) {
      const found = this.#since(waiting.ask.query, waiting.from)
      if (found.lines.length > 0 || found.dropped > 0) this.#settle(waiting, found)
    }
  }

  /** Answers at once when there is something, else as soon as there is, at the latest after `waitMs`. */
  follow(ask: FollowAsk): Promise<FollowAnswer> {
    const from = this.#startOf(ask.after)
    const now = this.#since(ask.query, from)
    const isFull = this.#waiting.size >= FOLLOWERS_MAX
    if (now.lines.length > 0 || now.dropped > 0 || ask.after === null || isFull) return Promise.resolve(now)
    return new Promise((resolve) => {
      const waitMs = Math.min(Math.max(ask.waitMs, 0), FOLLOW_WAIT_MS_MAX)
      const timer = setTimeout(() => this.#settle(waiting, this.#since(ask.query, from)), waitMs)
      const waiting: Waiting = { ask, from, answer: resolve, timer }
      this.#waiting.add(waiting)
    })
  }

  #dropOldest(): void {
    const slot = this.#oldest++ % this.#max
    this.#text -= this.#lines[slot]!.text.length
    this.#lines[slot] = undefined
  }

  #settle(waiting: Waiting, answer: FollowAnswer): void {
    this.#waiting.delete(waiting)
    clearTimeout(waiting.timer)
    waiting.answer(answer)
  }

  /** Another epoch: this process began since; what it has seen is all there is. */
  #startOf(after: string | null): number {
    if (after === null) return this.#count
    const [epoch, count] = after.split(':')
    return epoch === this.#epoch ? Math.min(Number(count) || 0, this.#count) : 0
  }

  #since(query: LogQuery, from: number): FollowAnswer {
    const oldest = this.#oldest
    let text = 0
    const lines: StoredLine[] = []
    let at = Math.max(from, oldest)
    for (; at < this.#count && lines.length < ANSWER_LINES_MAX; at++) {
      const line = this.#lines[at % this.#max]!
      if (!matchesQuery(line, query)) continue
      text += line.text.length
      if (text > ANSWER_TEXT_MAX && lines.length > 0) break
      lines.push(line)
    }
    return { lines, after: `${this.#epoch}:${at}`, dropped: Math.max(oldest - from, 0) }
  }
}
