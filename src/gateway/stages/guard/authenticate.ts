import type { GuardRequest } from '../../../guard/request.ts'
import { credentialOf } from '../../../guard/identity/credential.ts'
import type { Identified } from '../../../guard/identity/identity.ts'
import type { Context, Stage } from '../../context.ts'
import { plainAnswer } from '../../exchange.ts'
import type { Answer, Exchange } from '../../exchange.ts'
import { guardRequestOf } from '../../guard-request.ts'
import { addressKey } from '../../../guard/identity/lockout-keys.ts'
import { refuseLocked } from '../../logins.ts'
import { tell } from '../../tell.ts'

/**
 * Finds out who asks, where somebody cares: what is protected, and limits by key or subject. Whoever failed too often is not
 * listened to for a while, whatever it shows now.
 */
export const authenticate: Stage = (exchange, context) =>
  context.guard.identity.identity === null ? null : authenticateFor(exchange, context, guardRequestOf(exchange))

/** The same of `request`, as which the app may take the one at hand. */
export function authenticateFor(exchange: Exchange, context: Context, request: GuardRequest): ReturnType<Stage> {
  const { identity } = context.guard.identity
  const { policy } = context.guard
  if (identity === null || policy === null) return null
  const isLimited = policy.limits.some(({ per }) => per === 'key' || per === 'subject')
  if (!isLimited && !identity.concerns(request)) return null
  if (credentialOf(exchange.head.headers) === null) return null
  const locked = context.guard.identity.lockout.lockedUntil(addressKey(exchange.clientAddress))
  if (locked !== null && identity.concerns(request)) return refuseLocked(exchange, context, locked)
  const found = identity.identify(request)
  if (!(found instanceof Promise)) return take(exchange, found)
  return found.then((identified) => take(exchange, identified))
}

/** Lets through who may pass. After the limits, so that guessing is limited. */
export const authorise: Stage = (exchange, context) =>
  context.guard.identity.identity === null ? null : authoriseFor(exchange, context, guardRequestOf(exchange))

/** The same of `request`, as which the app may take the one at hand. */
export function authoriseFor(exchange: Exchange, context: Context, request: GuardRequest): Answer | null {
  const { identity } = context.guard.identity
  if (identity === null) return null
  const identified = exchange.identified ?? NOBODY
  const verdict = identity.authorise(request, identified)
  if (verdict.kind === 'granted') return null
  const failed = identified.fault?.kind === 'wrong'
  if (failed) countFailure(exchange, context)
  tell(exchange, context, {
    kind: failed ? 'login-failed' : verdict.status === 403 ? 'forbidden' : 'unauthenticated',
    refused: true,
    reason: verdict.reason,
  })
  return refusal(verdict.status, verdict.reason, identified)
}

function take(exchange: Exchange, identified: Identified): null {
  exchange.identified = identified
  exchange.principal = identified.principal
  return null
}

function countFailure(exchange: Exchange, context: Context): void {
  if (!context.guard.identity.lockout.failed(addressKey(exchange.clientAddress))) return
  tell(exchange, context, {
    kind: 'locked-out',
    refused: true,
    reason: 'Too many wrong credentials from this address.',
  })
}

function refusal(status: 401 | 403 | 503, reason: string, { fault, shown }: Identified): Answer {
  if (status === 503) return plainAnswer(503, reason, ['Retry-After', '5'])
  // RFC 6750 §3: no error code for who showed nothing.
  const challenge = shown && fault !== null ? 'Bearer error="invalid_token"' : 'Bearer'
  return plainAnswer(status, reason, status === 401 ? ['WWW-Authenticate', challenge] : [])
}

const NOBODY: Identified = { principal: null, shown: false, fault: null }
