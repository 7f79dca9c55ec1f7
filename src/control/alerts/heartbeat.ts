import type { Clock } from '../../core/clock.ts'
import { HEARTBEAT } from '../../observe/alerts/stages/route.ts'
import type { ChannelFile } from '../notify/channels.ts'
import { postJson } from '../notify/post.ts'

export const HEARTBEAT_EVERY_MS = 60_000
/** An evaluation that is older is no reason to say that all is well. */
const FRESH_MS = 30_000
const TIMEOUT_MS = 5_000
/** One that was not heard is repeated before anybody has to miss it. */
const RETRY_MS = 10_000

export interface HeartbeatOptions {
  readonly app: string
  readonly environment: string
  readonly clock: Clock
  readonly channels: Pick<ChannelFile, 'find'>
  /** When all rules were evaluated last, by this process; null: not yet. */
  readonly evaluatedAtMs: () => number | null
  readonly onEvent: (kind: string, text: string) => void
}

/**
 * A dead man's switch: tells somebody outside, every minute, that the rules are evaluated. A control that is dead or stuck,
 * or dies again and again before it has evaluated anything, tells nothing, and that is what the receiver raises the alarm for:
 * it cannot be told by us.
 */
export class Heartbeat {
  readonly #options: HeartbeatOptions
  #dueMs = Number.NEGATIVE_INFINITY
  #wasHeard = true

  constructor(options: HeartbeatOptions) {
    this.#options = options
  }

  async beat(): Promise<void> {
    const { app, environment, clock, channels, evaluatedAtMs, onEvent } = this.#options
    const nowMs = clock.now()
    const atMs = evaluatedAtMs()
    // What is due later than it can be was planned by a clock that has been set back since.
    const isDue = nowMs >= this.#dueMs || this.#dueMs - nowMs > HEARTBEAT_EVERY_MS
    if (!isDue || atMs === null || nowMs - atMs > FRESH_MS) return
    const channel = channels.find(HEARTBEAT)
    if (channel === null) return
    const evaluatedAt = new Date(atMs).toISOString()
    const posted = await postJson(channel.url, { event: 'alert.heartbeat', app, environment, evaluatedAt }, TIMEOUT_MS)
    this.#dueMs = nowMs + (posted.ok ? HEARTBEAT_EVERY_MS : RETRY_MS)
    if (posted.ok !== this.#wasHeard) {
      const text = posted.ok ? 'the heartbeat is heard again' : `the heartbeat was not heard: ${posted.because}`
      onEvent(posted.ok ? 'heartbeat' : 'heartbeat-failed', text)
    }
    this.#wasHeard = posted.ok
  }
}
