import { mayRetry } from '../retry.ts'
import { plainAnswer } from '../exchange.ts'
import type { Answer, Exchange } from '../exchange.ts'
import type { Context } from '../context.ts'
import { affinityCookie, preferredBy } from '../affinity.ts'
import type { Pool } from '../pool.ts'
import { isSecure } from '../secure.ts'
import { offerCookie } from '../trial-cookie.ts'
import type { Claim, Upstream } from '../upstream.ts'
import type { FailureKind, UpstreamFailure } from '../upstream-link.ts'
import { attempt, tooLarge } from './attempt.ts'
import { poolFor } from './choose.ts'
import type { AttemptResult, Limits } from './attempt.ts'
import { unavailable } from './route.ts'

/** Sends the request to an upstream of its service and brings the answer, at the second attempt where that is harmless. */
export function forward(exchange: Exchange, context: Context, answered: (answer: Answer) => void): void {
  const limits = limitsOf(exchange, context)
  if ((exchange.body.length ?? 0) > limits.bodyBytesMax) return answered(tooLarge(limits.bodyBytesMax))
  send(exchange, context, { limits, tried: NOBODY, answered })
}

interface Sending {
  readonly limits: Limits
  readonly tried: readonly Upstream[]
  readonly answered: (answer: Answer) => void
}

function send(exchange: Exchange, context: Context, { limits, tried, answered }: Sending): void {
  // The table of this moment, not the one the request began with: between this and the count nothing can come.
  const pool = poolFor(exchange, context.routing.current)
  const preferred = pool === undefined ? null : preferredFor(exchange, pool)
  const claim = pool?.claim(tried, preferred)
  if (claim === undefined || claim === null) return answered(unavailable('No instance of this service is running.'))
  exchange.instance = claim.upstream.id
  exchange.release = claim.upstream.release
  const settled = (result: AttemptResult): void => {
    if (result.kind === 'answer') {
      if (claim.upstream !== preferred) keepWith(exchange, claim.upstream, result.answer)
      exchange.ended.push(() => claim.release())
      return answered(result.answer)
    }
    claim.release()
    const { failure } = result
    if (!again(exchange, { claim, failure, attempts: tried.length + 1 })) return answered(failureAnswer(failure))
    exchange.retried += 1
    send(exchange, context, { limits: limitsOf(exchange, context), tried: [...tried, claim.upstream], answered })
  }
  try {
    attempt(exchange, { claim, fresh: tried.includes(claim.upstream), limits, settled })
  } catch (error) {
    claim.release()
    throw error
  }
}

const NOBODY: readonly Upstream[] = []

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
  const table = context.routing.current!.table
  const options = exchange.place?.options
  const { connectMs, requestMs, websocketIdleMs } = table.timeouts
  return {
    connectMs,
    requestMs,
    websocketIdleMs,
    firstByteMs: options?.timeoutMs ?? table.timeouts.firstByteMs,
    bodyBytesMax: options?.bodyBytesMax ?? table.bodyBytesMax,
  }
}

function failureAnswer({ kind }: UpstreamFailure): Answer {
  return plainAnswer(...FAILURES[kind])
}

const FAILURES: Readonly<Record<FailureKind, [status: number, text: string]>> = {
  'connect-timeout': [504, 'The service did not accept a connection in time.'],
  'not-connected': [502, 'The service cannot be reached.'],
  lost: [502, 'The service broke off before it answered.'],
  malformed: [502, 'The service sent something that is not HTTP.'],
}
