import type { Clock } from '../../core/clock.ts'
import { HEARTBEAT } from '../../observe/alerts/stages/route.ts'
import type { ChannelFile } from '../notify/channels.ts'
import { postJson } from '../notify/post.ts'

export const HEARTBEAT_EVERY_MS = 60_000
/** An evaluation that is older is no reason to say that all is well. */
const FRESH_MS = 30_000
const TIMEOUT_MS = 5_000

export interface HeartbeatOptions {
  readonly app: string
  readonly environment: string
  readonly clock: Clock
  readonly channels: Pick<ChannelFile, 'find'>
  readonly completeAtMs: () => number
  readonly onEvent: (kind: string, text: string) => void
}

/**
 * A dead man's switch: tells somebody outside, every minute, that the rules are evaluated. A control that is dead or stuck
 * tells nothing, and that is what the receiver raises the alarm for: it cannot be told by us.
 */
export class Heartbeat {
  readonly #options: HeartbeatOptions
  #lastMs = Number.NEGATIVE_INFINITY
  #wasHeard = true

  constructor(options: HeartbeatOptions) {
    this.#options = options
  }

  async beat(): Promise<void> {
    const { app, environment, clock, channels, completeAtMs, onEvent } = this.#options
    const nowMs = clock.now()
    const channel = channels.find(HEARTBEAT)
    if (channel === null || nowMs - this.#lastMs < HEARTBEAT_EVERY_MS || nowMs - completeAtMs() > FRESH_MS) return
    this.#lastMs = nowMs
    const evaluatedAt = new Date(completeAtMs()).toISOString()
    const posted = await postJson(channel.url, { event: 'alert.heartbeat', app, environment, evaluatedAt }, TIMEOUT_MS)
    if (posted.ok !== this.#wasHeard) {
      const text = posted.ok ? 'the heartbeat is heard again' : `the heartbeat was not heard: ${posted.because}`
      onEvent(posted.ok ? 'heartbeat' : 'heartbeat-failed', text)
    }
    this.#wasHeard = posted.ok
  }
}
