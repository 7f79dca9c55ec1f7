import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { writeFileAtomic } from '../../core/atomic-file.ts'
import type { Clock } from '../../core/clock.ts'
import { messageOf } from '../../core/problem.ts'
import type { AcmeChallenge } from '../../gateway/table.ts'
import { CHALLENGES, orderCertificate } from './acme-order.ts'
import type { AcmeAccount } from './acme-order.ts'
import type { Pair } from './pair.ts'

/**
 * After a failure, doubled with each further one. Let's Encrypt allows five failed checks of a name in an hour: with these
 * there are four.
 */
export const AGAIN_MS = { first: 5 * 60_000, max: 6 * 3_600_000 } as const
/** After a success, as a part of the certificate's life: an authority whose certificates are due at once is not hammered. */
const REST_SHARE = 1 / 12
/** An order that is not done by then has failed. */
const ORDER_MS = 10 * 60_000

export interface AcmeOptions {
  /** Account keys and what was tried are kept below it. */
  readonly folder: string
  readonly clock: Pick<Clock, 'now'>
  /** Makes the routing table anew: the challenges have changed. Resolves when every worker has it. */
  readonly spread: () => Promise<unknown>
  readonly onFailed: (problem: string) => void
  /** @default Math.random */
  readonly random?: () => number
}

export interface Wanted extends AcmeAccount {
  readonly domain: string
}

/** What was tried for one certificate; kept over restarts, so that these ask nobody again. */
interface Tried {
  readonly failures: number
  /** No attempt before: milliseconds since the epoch. */
  readonly nextAt: number
  readonly problem: string | null
}

/** Orders certificates from authorities, one at a time, and not too often. */
export class Acme {
  readonly #options: AcmeOptions
  readonly #challenges = new Set<AcmeChallenge>()
  #ordering = false

  constructor(options: AcmeOptions) {
    this.#options = options
  }

  /** What authorities are to be answered now. */
  get challenges(): readonly AcmeChallenge[] {
    return [...this.#challenges]
  }

  /** Begins an order unless one is on its way or it is too early for one; `onPair` gets what comes of it. */
  begin(wanted: Wanted, onPair: (pair: Pair) => { readonly notBefore: number; readonly notAfter: number }): void {
    if (this.#ordering || this.tried(wanted).nextAt > this.#options.clock.now()) return
    this.#ordering = true
    void this.#order(wanted, onPair).finally(() => (this.#ordering = false))
  }

  tried(wanted: Wanted): Tried {
    try {
      return JSON.parse(readFileSync(this.#file(wanted, 'json'), 'utf8')) as Tried
    } catch {
      return { failures: 0, nextAt: 0, problem: null }
    }
  }

  async #order(wanted: Wanted, onPair: Parameters<Acme['begin']>[1]): Promise<void> {
    const { failures } = this.tried(wanted)
    const { clock, random = Math.random } = this.#options
    try {
      const pair = await inTime(
        orderCertificate({
          account: wanted,
          domain: wanted.domain,
          accountFile: this.#file({ ...wanted, domain: '' }, 'pem'),
          // Where the one way is closed, the other may be open.
          prefer: CHALLENGES[failures % CHALLENGES.length]!,
          answer: (challenge) => this.#spread(() => this.#challenges.add(challenge)),
          // Who is not told now is told with the next table.
          withdraw: (challenge) => this.#spread(() => this.#challenges.delete(challenge)).catch(() => {}),
        }),
      )
      const { notBefore, notAfter } = onPair(pair)
      this.#note(wanted, { failures: 0, nextAt: clock.now() + (notAfter - notBefore) * REST_SHARE, problem: null })
    } catch (error) {
      const pause = Math.min(AGAIN_MS.first * 2 ** failures, AGAIN_MS.max)
      // Many who failed together are not to come back together.
      const nextAt = clock.now() + Math.round(pause * (1 + random() / 4))
      this.#note(wanted, { failures: failures + 1, nextAt, problem: messageOf(error) })
      this.#options.onFailed(messageOf(error))
    }
  }

  async #spread(change: () => void): Promise<void> {
    change()
    await this.#options.spread()
  }

  #note(wanted: Wanted, tried: Tried): void {
    mkdirSync(this.#options.folder, { recursive: true, mode: 0o700 })
    writeFileAtomic(this.#file(wanted, 'json'), JSON.stringify(tried))
  }

  #file({ email, directory, domain }: Wanted, ending: string): string {
    const name = createHash('sha256')
      .update(JSON.stringify([email, directory, domain]))
      .digest('hex')
      .slice(0, 32)
    return join(this.#options.folder, `${name}.${ending}`)
  }
}

async function inTime<T>(work: Promise<T>): Promise<T> {
  let limit: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    limit = setTimeout(() => reject(new Error(`the order is not done within ${ORDER_MS / 60_000} min`)), ORDER_MS)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(limit)
  }
}
