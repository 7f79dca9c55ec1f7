import type { Clock } from '../../core/clock.ts'
import type { ChannelFile } from './channels.ts'
import { MESSAGE_MS_MAX, type Message, type Outbox } from './outbox.ts'
import { postJson } from './post.ts'

/** How long a channel may take to answer. */
const TIMEOUT_MS = 5_000
/** Messages taken up at one time. */
const ROUND_MAX = 20

export interface PostmanOptions {
  readonly outbox: Outbox
  readonly channels: Pick<ChannelFile, 'find'>
  readonly clock: Clock
  readonly onEvent: (kind: string, text: string) => void
  /** @default 5000 */
  readonly timeoutMs?: number
}

/** Delivers what is due: each channel's messages in their order, all channels at once. Never throws for a channel. */
export class Postman {
  readonly #options: PostmanOptions

  constructor(options: PostmanOptions) {
    this.#options = options
  }

  async deliver(): Promise<void> {
    const { outbox, clock } = this.#options
    const byChannel = Map.groupBy(outbox.due(clock.now(), ROUND_MAX), ({ channel }) => channel)
    await Promise.all(
      [...byChannel.values()].map(async (messages) => {
        // What comes behind one that has to wait would only wait for the same receiver.
        for (const message of messages) if (!(await this.#deliver(message))) return
      }),
    )
  }

  /** False when it has to be tried again. */
  async #deliver(message: Message): Promise<boolean> {
    const { outbox, channels, clock, onEvent, timeoutMs = TIMEOUT_MS } = this.#options
    const { channel: name, about } = message
    const channel = channels.find(name)
    const posted =
      channel === null
        ? { ok: false as const, final: true, because: 'no such channel is declared any more' }
        : await postJson(channel.url, message.body, timeoutMs)
    if (posted.ok) {
      // A crash before this line delivers it once more: at least once.
      outbox.delivered(message)
      onEvent('notified', `${name} was told: ${about}`)
      return true
    }
    if (posted.final || clock.now() - message.createdAt > MESSAGE_MS_MAX) {
      outbox.delivered(message)
      onEvent('notify-given-up', `${name} was not told (${about}): ${posted.because}`)
      return true
    }
    outbox.postpone(message, clock.now())
    if (message.attempts === 0) onEvent('notify-failed', `${name} (${about}): ${posted.because}; it is tried again`)
    return false
  }
}
