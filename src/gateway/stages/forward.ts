import { monotonicNs } from '../../core/clock.ts'
import { isRepeatable, mayRetry } from '../retry.ts'
import { plainAnswer } from '../exchange.ts'
import type { Answer, Exchange } from '../exchange.ts'
import type { Context } from '../context.ts'
import { affinityCookie, preferredBy } from '../affinity.ts'
import type { Pool } from '../pool.ts'
import { isSecure } from '../secure.ts'
import { offerCookie } from '../trial-cookie.ts'
import type { Claim, Upstream } from '../upstream.ts'
import type { FailureKind, UpstreamFailure } from '../upstream-link.ts'
import { Attempt, tooLarge } from './attempt.ts'
import { poolFor } from './choose.ts'
import type { AttemptOwner, Limits } from './attempt.ts'
import { unavailable } from './route.ts'
import type { RouteOptions, RoutingTable } from '../table.ts'

/** Takes the answer to an exchange. */
export type AnswerTaker = (exchange: Exchange, context: Context, answer: Answer) => void

/** Sends the request to an upstream of its service and brings the answer, at the second attempt where that is harmless. */
export function forward(exchange: Exchange, context: Context, answered: AnswerTaker): void {
  const limits = limitsOf(exchange, context)
  if ((exchange.body.length ?? 0) > limits.bodyBytesMax) {
    return answered(exchange, context, tooLarge(limits.bodyBytesMax))
  }
  new Forwarding(exchange, context, answered).send(limits)
}

class Forwarding implements AttemptOwner {
  readonly #exchange: Exchange
  readonly #context: Context
  readonly #taker: AnswerTaker
  #tried = NOBODY
  #claim: Claim | null = null
  #preferred: Upstream | null = null

  constructor(exchange: Exchange, context: Context, taker: AnswerTaker) {
    this.#exchange = exchange
    this.#context = context
    this.#taker = taker
  }

  /** @throws FieldError, RangeError when the request's head cannot be written */
  send(limits: Limits): void {
    const exchange = this.#exchange
    const tried = this.#tried
    // The table of this moment, not the one the request began with: between this and the count nothing can come.
    const pool = poolFor(exchange, this.#context.routing.current)
    this.#preferred = pool === undefined ? null : preferredFor(exchange, pool)
    const claim = pool?.claim(tried, this.#preferred) ?? null
    if (claim === null) return this.#answer(unavailable('No instance of this service is running.'))
    this.#claim = claim
    exchange.instance = claim.upstream.id
    exchange.release = claim.upstream.release
    if (tried.length === 0) exchange.sentNs = monotonicNs()
    else exchange.resentNs = monotonicNs()
    const fresh = wantsFresh(exchange, claim.upstream, tried)
    try {
      new Attempt(exchange, { claim, fresh, limits, owner: this }).begin()
    } catch (error) {
      claim.release()
      throw error
    }
  }

  answered(answer: Answer): void {
    const { upstream } = this.#claim!
    if (upstream !== this.#preferred) keepWith(this.#exchange, upstream, answer)
    this.#answer(answer)
  }

  failed(failure: UpstreamFailure): void {
    const exchange = this.#exchange
    const claim = this.#claim!
    claim.release()
    if (!again(exchange, { claim, failure, attempts: this.#tried.length + 1 })) {
      return this.#answer(failureAnswer(failure))
    }
    exchange.retried += 1
    this.#tried = [...this.#tried, claim.upstream]
    this.send(limitsOf(exchange, this.#context))
  }

  #answer(answer: Answer): void {
    this.#taker(this.#exchange, this.#context, answer)
  }
}

const NOBODY: readonly Upstream[] = []

/**
 * Whether a connection that is there already will not do: at the second attempt at the same address, and, where that is a
 * balancer's, for every second attempt and all that must not be lost. Whoever is behind a kept one may be closing it.
 */
function wantsFresh({ place, head, body }: Exchange, upstream: Upstream, tried: readonly Upstream[]): boolean {
  const { backend } = place!
  if (backend.kind !== 'upstreams' || backend.balanced !== true) return tried.length > 0 && tried.includes(upstream)
  const mayRepeat = place!.options?.retry !== false && isRepeatable(head.method, body.present)
  return tried.length > 0 || !mayRepeat
}

/** The instance that holds the client's session, where the service asks for that. */
function preferredFor(exchange: Exchange, pool: Pool): Upstream | null {
  const { backend, service } = exchange.place!
  if (backend.kind !== 'upstreams' || backend.affinity !== 'cookie') return null
  return preferredBy(exchange.head.headers, service, pool.upstreams)
}

function keepWith(exchange: Exchange, upstream: Upstream, answer: Answer): void {
  const { backend, service } = exchange.place!
  if (backend.kind !== 'upstreams' || backend.affinity !== 'cookie') return
  offerCookie(answer.headers, affinityCookie(service, upstream, { secure: isSecure(exchange) }))
}

function again(exchange: Exchange, made: { claim: Claim; failure: UpstreamFailure; attempts: number }): boolean {
  const { failure, attempts, claim } = made
  if (failure.kind === 'not-connected' || failure.kind === 'connect-timeout') claim.upstream.onSuspect()
  return mayRetry({
    failure,
    attempts,
    method: exchange.head.method,
    hasBody: exchange.body.present,
    allowed: exchange.place?.options?.retry ?? true,
  })
}

function limitsOf(exchange: Exchange, context: Context): Limits {
  const { table } = context.routing.current!
  const options = exchange.place?.options ?? null
  if (last === null || last.table !== table || last.options !== options) {
    const { connectMs, requestMs, websocketIdleMs } = table.timeouts
    const firstByteMs = options?.timeoutMs ?? table.timeouts.firstByteMs
    const bodyBytesMax = options?.bodyBytesMax ?? table.bodyBytesMax
    last = { table, options, limits: { connectMs, requestMs, websocketIdleMs, firstByteMs, bodyBytesMax } }
  }
  return last.limits
}

/** Neither tables nor options are ever changed, and most requests are like the one before. */
let last: { readonly table: RoutingTable; readonly options: RouteOptions | null; readonly limits: Limits } | null = null

function failureAnswer({ kind }: UpstreamFailure): Answer {
  return plainAnswer(...FAILURES[kind])
}

const FAILURES: Readonly<Record<FailureKind, [status: number, text: string]>> = {
  'connect-timeout': [504, 'The service did not accept a connection in time.'],
  'not-connected': [502, 'The service cannot be reached.'],
  unsent: [502, 'The service broke off before it was asked.'],
  lost: [502, 'The service broke off before it answered.'],
  malformed: [502, 'The service sent something that is not HTTP.'],
}
