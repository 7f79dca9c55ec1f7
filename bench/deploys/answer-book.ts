import type { Answer } from '../../test/support/load.ts'
import { bucketOf, LATENCY_BOUNDS_MS, quantile } from '../../src/core/histogram.ts'
import { isFlipBack, type SwitchSeen } from '../../src/deploy/tally.ts'

/** Failures told in words; all of them are counted. */
const FAILURES_TOLD = 5
/** Answers of about a minute of load: they are folded after every deploy, so more than this means that something hangs. */
const PENDING_MAX = 500_000

export interface Totals {
  readonly requests: number
  readonly failed: number
  readonly flipBacks: number
  readonly p99Ms: number | null
  /** The longest time between two good answers, milliseconds. */
  readonly longestGapMs: number
  readonly failures: readonly string[]
  /** `GET kept`, `POST fresh` …, with their counts. */
  readonly kinds: Readonly<Record<string, { readonly requests: number; readonly failed: number }>>
}

/**
 * Counts all clients' answers. They wait until `fold`, because whether an answer is a flip-back can be said only when the
 * switches of its time are known.
 */
export class AnswerBook {
  #pending: Answer[] = []
  readonly #switches: SwitchSeen[] = []
  readonly #buckets: number[] = Array.from({ length: LATENCY_BOUNDS_MS.length + 1 }, () => 0)
  readonly #kinds: Record<string, { requests: number; failed: number }> = {}
  readonly #failures: string[] = []
  #requests = 0
  #failed = 0
  #flipBacks = 0
  #longestGapMs = 0
  #lastGoodNs: number | null = null

  add(answer: Answer): void {
    if (this.#pending.length >= PENDING_MAX) throw new Error(`more than ${PENDING_MAX} answers since the last fold`)
    this.#pending.push(answer)
  }

  switched(seen: SwitchSeen): void {
    this.#switches.push(seen)
  }

  fold(): void {
    for (const answer of this.#pending) this.#count(answer)
    this.#pending = []
  }

  get totals(): Totals {
    return {
      requests: this.#requests,
      failed: this.#failed,
      flipBacks: this.#flipBacks,
      p99Ms: quantile(this.#buckets, 0.99),
      longestGapMs: this.#longestGapMs,
      failures: this.#failures,
      kinds: this.#kinds,
    }
  }

  #count(answer: Answer): void {
    const { beganNs, endedNs, method, fresh, release } = answer
    const name = `${method} ${fresh ? 'fresh' : 'kept'}`
    const kind = (this.#kinds[name] ??= { requests: 0, failed: 0 })
    kind.requests += 1
    this.#requests += 1
    // An answer without a release could hide a flip-back.
    const failure = answer.failure ?? (release === null ? 'the answer names no release' : null)
    if (failure !== null) {
      kind.failed += 1
      this.#failed += 1
      if (this.#failures.length < FAILURES_TOLD) this.#failures.push(`${name}: ${failure.trim()} ${this.#when(answer)}`)
      return
    }
    this.#buckets[bucketOf((endedNs - beganNs) / 1e6)]! += 1
    if (this.#lastGoodNs !== null) {
      this.#longestGapMs = Math.max(this.#longestGapMs, (endedNs - this.#lastGoodNs) / 1e6)
    }
    this.#lastGoodNs = Math.max(this.#lastGoodNs ?? 0, endedNs)
    if (isFlipBack({ beganNs, endedNs, release }, this.#switches)) this.#flipBacks += 1
  }

  /** Where a failure lies in its deploy: the first thing one wants to know. */
  #when({ beganNs, endedNs }: Answer): string {
    const last = this.#switches.findLast(({ lastAckNs }) => lastAckNs <= endedNs)
    if (last === undefined) return '(before the first switch)'
    const ms = (ns: number): string => ((ns - last.lastAckNs) / 1e6).toFixed(1)
    return `(began ${ms(beganNs)} ms, ended ${ms(endedNs)} ms from the switch to ${last.to})`
  }
}
