import { mayRetry } from '../retry.ts'
import { plainAnswer } from '../exchange.ts'
import type { Answer, Exchange } from '../exchange.ts'
import type { Context } from '../context.ts'
import type { Claim, Upstream } from '../upstream.ts'
import type { FailureKind, UpstreamFailure } from '../upstream-link.ts'
import { attempt, tooLarge } from './attempt.ts'
import { poolFor } from './choose.ts'
import type { Limits } from './attempt.ts'
import { unavailable } from './route.ts'

/** Sends the request to an upstream of its service and brings the answer, at the second attempt where that is harmless. */
export async function forward(exchange: Exchange, context: Context): Promise<Answer> {
  const { bodyBytesMax } = limitsOf(exchange, context)
  if ((exchange.body.length ?? 0) > bodyBytesMax) return tooLarge(bodyBytesMax)
  const tried: Upstream[] = []
  for (;;) {
    // The table of this moment, not the one the request began with: between this and the count nothing can come.
    const claim = poolFor(exchange, context.routing.current)?.claim(tried)
    if (claim === undefined || claim === null) return unavailable('No instance of this service is running.')
    exchange.instance = claim.upstream.id
    exchange.release = claim.upstream.release
    const result = await attempt(exchange, {
      claim,
      fresh: tried.includes(claim.upstream),
      limits: limitsOf(exchange, context),
    }).catch((error: unknown) => {
      claim.release()
      throw error
    })
    if (result.kind === 'answer') {
      exchange.ended.push(() => claim.release())
      return result.answer
    }
    claim.release()
    if (!again(exchange, { claim, failure: result.failure, attempts: tried.length + 1 }))
      return failureAnswer(result.failure)
    exchange.retried += 1
    tried.push(claim.upstream)
  }
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
  return {
    ...table.timeouts,
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
