import type { Clock } from '../../core/clock.ts'
import { isDiskFull } from '../../core/system-problem.ts'
import type { Channel } from '../api/hooks-methods.ts'
import type { ChannelFile } from './channels.ts'
import { MESSAGE_MS_MAX, RETRY_MS_MAX, retryMs, type Message, type Outbox } from './outbox.ts'
import { deliver } from './deliver.ts'
import { letterOf, type Letter } from './letter.ts'
import { postJson, type Posted } from './post.ts'

/** How long a channel may take to answer. */
const TIMEOUT_MS = 5_000
/** Messages of one channel taken up at one time. */
const ROUND_MAX = 20
/** Tries after which a receiver is not just restarting: the sixth comes after half a minute. */
const LATE_TRIES = 6

export interface PostmanOptions {
  readonly outbox: Outbox
  readonly channels: Pick<ChannelFile, 'find'>
  readonly clock: Clock
  readonly onEvent: (kind: string, text: string) => void
  /** @default 5000 */
  readonly timeoutMs?: number
  /** False: what it says no longer holds, and nobody is told any more. @default always */
  readonly isWanted?: (letter: Letter) => boolean
  /** What came of telling a channel; at least once for each. */
  readonly onOutcome?: (letter: Letter, channel: string, outcome: 'sent' | 'failed') => void
  /** The sixth try was in vain, or a later one: it is tried on, and somebody should know by another way. */
  readonly onLate?: (letter: Letter, channel: string) => void
}

/** Delivers what is due: each channel's messages in their order, and no channel waits for another. */
export class Postman {
  readonly #options: PostmanOptions
  /** Told, and not yet written down for want of room: to be written, not to be told again. */
  readonly #unwritten = new Map<number, () => void>()
  /** Channels that are being told. */
  readonly #underWay = new Set<string>()
  /** Channels whose next try found no room to be written down: as a whole they wait for it here. */
  readonly #waits = new Map<string, { readonly tries: number; readonly dueAt: number }>()

  constructor(options: PostmanOptions) {
    this.#options = options
  }

  /**
   * Begins with every channel that is not under way, and resolves when those it began with are through: to be called again
   * without waiting for that. What hinders one hinders no other.
   * @throws what hindered the first one, afterwards: not that a channel takes nothing
   */
  async deliver(): Promise<void> {
    const { outbox, clock } = this.#options
    const due = outbox.due(clock.now(), ROUND_MAX).filter(({ channel }) => !this.#underWay.has(channel))
    const rounds = [...Map.groupBy(due, ({ channel }) => channel)].map((round) => this.#round(...round))
    for (const result of await Promise.allSettled(rounds)) if (result.status === 'rejected') throw result.reason
  }

  async #round(channel: string, messages: readonly Message[]): Promise<void> {
    this.#underWay.add(channel)
    try {
      // What comes behind one that has to wait would only wait for the same receiver.
      for (const message of messages) if (!(await this.#deliver(message))) return
    } finally {
      this.#underWay.delete(channel)
    }
  }

  /** False when it has to be tried again. */
  async #deliver(message: Message): Promise<boolean> {
    const { channels, clock, onEvent, timeoutMs = TIMEOUT_MS } = this.#options
    const { channel: name, about, sequence } = message
    const unwritten = this.#unwritten.get(sequence)
    if (unwritten !== undefined) return this.#done(message, unwritten)
    const letter = letterOf(message.body)
    if (letter !== null && this.#options.isWanted?.(letter) === false) {
      return this.#done(message, () => onEvent('notify-dropped', `${name} was not told, since it is over: ${about}`))
    }
    const { tries, dueAt } = this.#waits.get(name) ?? { tries: 0, dueAt: -Infinity }
    // Later than that can be, it was planned by a clock that has been set back since.
    if (dueAt > clock.now() && dueAt <= clock.now() + RETRY_MS_MAX) return false
    const attempts = message.attempts + tries
    const posted = await this.#post(channels.find(name), message, letter, timeoutMs)
    if (posted.ok) {
      // A crash before it is written delivers it once more: at least once.
      return this.#done(message, () => {
        onEvent('notified', `${name} was told: ${about}`)
        if (letter !== null) this.#options.onOutcome?.(letter, name, 'sent')
      })
    }
    // A clock that jumps ahead by a day is no day of trying.
    const isTooOld = clock.now() - message.createdAt > MESSAGE_MS_MAX && attempts + 1 >= LATE_TRIES
    if (posted.final || isTooOld) {
      return this.#done(message, () => {
        onEvent('notify-given-up', `${name} was not told (${about}): ${posted.because}`)
        if (letter !== null) this.#options.onOutcome?.(letter, name, 'failed')
      })
    }
    this.#postpone({ ...message, attempts }, tries)
    if (letter !== null && attempts + 1 >= LATE_TRIES) this.#options.onLate?.(letter, name)
    if (attempts === 0) onEvent('notify-failed', `${name} (${about}): ${posted.because}; it is tried again`)
    return false
  }

  /** On a full disk a receiver that takes nothing is not asked without a pause. */
  #postpone(message: Message, tries: number): void {
    const { outbox, clock } = this.#options
    try {
      outbox.postpone(message, clock.now())
      this.#waits.delete(message.channel)
    } catch (error) {
      if (!isDiskFull(error)) throw error
      this.#waits.set(message.channel, { tries: tries + 1, dueAt: clock.now() + retryMs(message.attempts) })
    }
  }

  /** A full disk forgets no message and tells none twice: what is to be written waits here, once for each that is due. */
  #done(message: Message, write: () => void): true {
    this.#unwritten.set(message.sequence, write)
    this.#waits.delete(message.channel)
    try {
      this.#options.outbox.done(message, write)
    } catch (error) {
      if (isDiskFull(error)) return true
      throw error
    }
    this.#unwritten.delete(message.sequence)
    return true
  }

  async #post(channel: Channel | null, { body }: Message, letter: Letter | null, timeoutMs: number): Promise<Posted> {
    if (channel === null) return { ok: false, final: true, because: 'no such channel is declared any more' }
    try {
      return await (letter === null ? postJson(channel.url, body, timeoutMs) : deliver(channel, letter, timeoutMs))
    } catch (error) {
      // What it says may hold the secret; its kind does not.
      return { ok: false, final: false, because: `it could not be written for this channel (${kindOf(error)})` }
    }
  }
}

function kindOf(error: unknown): string {
  return error instanceof Error ? error.name : 'no error'
}
