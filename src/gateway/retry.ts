import type { FailureKind, UpstreamFailure } from './upstream-link.ts'

/** Attempts for one request, the first one included. */
export const ATTEMPTS_MAX = 2

export interface RetryQuestion {
  readonly failure: UpstreamFailure
  /** Attempts made so far. */
  readonly attempts: number
  readonly method: string
  readonly hasBody: boolean
  /** The route's `retry` option. */
  readonly allowed: boolean
}

/**
 * Whether a request of which no byte of an answer came may be sent again. Either nothing was sent at all, or the
 * connection was lost (its upstream was just closing it, or died) and repeating the request changes nothing (RFC 9110 §9.2.2).
 */
export function mayRetry({ failure, attempts, method, hasBody, allowed }: RetryQuestion): boolean {
  if (!allowed || attempts >= ATTEMPTS_MAX) return false
  if (NEVER_SENT.has(failure.kind)) return true
  return failure.kind === 'lost' && isRepeatable(method, hasBody)
}

/** Whether sending a request a second time is harmless, and possible: a body is not kept. */
export function isRepeatable(method: string, hasBody: boolean): boolean {
  return !hasBody && IDEMPOTENT.has(method)
}

const NEVER_SENT: ReadonlySet<FailureKind> = new Set(['not-connected', 'connect-timeout', 'unsent'])
const IDEMPOTENT: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE'])
