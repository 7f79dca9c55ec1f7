import type { Clock } from '../core/clock.ts'
import { Problem } from '../core/problem.ts'
import type { Fleet } from '../gateway/admin/fleet.ts'
import { NO_PAUSE_COUNTS, pauseCountsSince } from '../gateway/pause-counts.ts'
import type { PauseOrder, PauseStatus } from './api/pause-methods.ts'
import { readPause } from './read-pause.ts'
import type { State } from './state.ts'
import type { Traffic } from './traffic.ts'

/** A larger page is refused: every table carries it to every worker. */
export const PAGE_BYTES_MAX = 256 * 1024

export interface PausesOptions {
  readonly state: State
  readonly traffic: Pick<Traffic, 'refresh'>
  readonly fleet: Pick<Fleet, 'report' | 'counters'>
  readonly clock: Clock
}

/** Begins and ends pauses. Needs no lease: the table says what is live, whoever is at work; only its pause changes. */
export class Pauses {
  readonly #options: PausesOptions

  constructor(options: PausesOptions) {
    this.#options = options
  }

  /** Null while nothing is paused. */
  status(): PauseStatus | null {
    const record = readPause(this.#options.state)
    if (record === null) return null
    const { kind, services, waitMs, page, since, by, before } = record
    const counts = pauseCountsSince(before, this.#options.fleet.counters().pause ?? NO_PAUSE_COUNTS)
    return { kind, services, waitMs, hasPage: page !== null, since, by, counts }
  }

  /** @throws Problem `service.unknown`, `pause.page-too-large`, `gateway.table-refused` */
  async begin(order: PauseOrder, by: string): Promise<PauseStatus> {
    this.#check(order)
    const { state, fleet, clock } = this.#options
    const now = (await fleet.report()).pause ?? NO_PAUSE_COUNTS
    const { kind, services, waitMs, page } = order
    const previous = readPause(state)
    const { since, before } = previous ?? { since: clock.now(), before: { ...now, held: 0 } }
    state.set('pause', { kind, services, waitMs, page, since, by, before })
    try {
      await this.#spread()
    } catch (error) {
      state.set('pause', previous)
      throw error
    }
    const what = kind === 'hold' ? 'paused' : 'in maintenance'
    state.addEvent(clock.now(), 'paused', `${services?.join(', ') ?? 'every service'} ${what}, by ${by}`)
    return this.status()!
  }

  /** What was held goes on. Null: nothing was paused. */
  async end(by: string): Promise<PauseStatus | null> {
    const { state, fleet, clock } = this.#options
    await fleet.report()
    const ended = this.status()
    if (ended === null) return null
    state.set('pause', null)
    await this.#spread()
    const { held, overflowed, timedOut, turnedAway } = ended.counts
    state.addEvent(
      clock.now(),
      'resumed',
      `by ${by} after ${Math.round((clock.now() - ended.since) / 1000)} s: ${held} held requests go on; ` +
        `${overflowed} had found no room, ${timedOut} had waited too long, ${turnedAway} had been turned away`,
    )
    return ended
  }

  async #spread(): Promise<void> {
    await this.#options.traffic.refresh(this.#options.state.get('token'))
  }

  #check({ services, page }: PauseOrder): void {
    const { state } = this.#options
    if (page !== null && Buffer.byteLength(page) > PAGE_BYTES_MAX) {
      throw new Problem('pause.page-too-large', `the page has more than ${PAGE_BYTES_MAX / 1024} KiB`, {
        hint: 'Every worker keeps it in memory: link to large images, or make them smaller.',
      })
    }
    const live = state.get('live')
    const known = Object.keys((live === null ? null : state.release(live))?.config.services ?? {})
    const unknown = services?.find((service) => !known.includes(service))
    if (unknown === undefined) return
    throw new Problem('service.unknown', `${unknown} is no service of ${live ?? 'a live release'}`, {
      hint: known.length === 0 ? 'Nothing is live yet.' : `Services: ${known.join(', ')}.`,
    })
  }
}
