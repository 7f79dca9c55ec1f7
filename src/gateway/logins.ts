/**
 * Failed logins at the app itself: it answers 401 to a request that carries a body. The path is known from then on as one where
 * people log in; who fails there too often, by address or by the account it names, is not listened to for a while.
 */
import type { Context, Stage } from './context.ts'
import { headerOf, plainAnswer } from './exchange.ts'
import type { Answer, Exchange } from './exchange.ts'
import { accountKey, addressKey } from '../guard/identity/lockout-keys.ts'
import { countRefusal } from './refusals.ts'
import { tell } from './tell.ts'

/** As much as is read ahead for the inspection; in a larger body no account is looked for. */
const BODY_BYTES_MAX = 128 * 1024
const ACCOUNT_CHARACTERS_MAX = 256
const ACCOUNT_FIELDS = [
  'username',
  'user_name',
  'user',
  'email',
  'e-mail',
  'login',
  'account',
  'userid',
  'user_id',
  'name',
]

/** Whether somebody may be logging in: the path is known as one where people do. */
export function isLogin({ head }: Exchange, { guard }: Context): boolean {
  return guard.policy !== null && CHANGING.has(head.method) && guard.loginPaths.has(head.path)
}

/** Behind what has waited for the body: an account that is locked is not listened to, nor an address. */
export const lockedOut: Stage = (exchange, context) => {
  if (!isLogin(exchange, context)) return null
  const { lockout } = context.guard.identity
  for (const key of [addressKey(exchange.clientAddress), ...accountKeysOf(exchange)]) {
    const until = lockout.lockedUntil(key)
    if (until !== null) return refuseLocked(exchange, context, until)
  }
  return null
}

export function refuseLocked(exchange: Exchange, context: Context, untilMs: number): Answer {
  tell(exchange, context, { kind: 'locked-out', refused: true, reason: 'Too many failures before.' })
  const seconds = Math.max(1, Math.ceil((untilMs - Date.now()) / 1000))
  return plainAnswer(429, 'Too many failures. Try again later.', ['Retry-After', String(seconds)])
}

/** Learns from the app's own answers. */
export function noteLogin(exchange: Exchange, context: Context, status: number): void {
  const { head, instance } = exchange
  if (context.guard.policy === null || instance === null || !CHANGING.has(head.method)) return
  const { lockout } = context.guard.identity
  if (status !== 401) {
    // An own account that works says nothing of the address's other tries.
    if (status < 400 && context.guard.loginPaths.has(head.path)) {
      const accounts = accountKeysOf(exchange)
      // Of several nobody knows whose password was right.
      if (accounts.length === 1) lockout.succeeded(accounts[0]!)
    }
    return
  }
  context.guard.loginPaths.add(head.path)
  const accounts = accountKeysOf(exchange)
  const keys = [addressKey(exchange.clientAddress), ...accounts]
  const account = accounts[0] ?? null
  countRefusal('failedLogins', exchange, context)
  tell(exchange, context, { kind: 'login-failed', refused: false, reason: 'The app answered 401.', principal: account })
  for (const key of keys) {
    if (lockout.failed(key)) tell(exchange, context, { kind: 'locked-out', refused: false, reason: `locked: ${key}` })
  }
}

/** All that the body may name: which field the application reads is not known, and the others may be there to mislead. */
function accountKeysOf({ body, head }: Exchange): string[] {
  if (body.ready === null || body.ready.length > BODY_BYTES_MAX) return []
  const type = headerOf(head.headers, 'content-type')?.toLowerCase() ?? ''
  const text = body.ready.toString('utf8')
  const fields = type.includes('json') ? jsonFields(text) : type.includes('form-urlencoded') ? formFields(text) : null
  const accounts = new Set<string>()
  for (const name of ACCOUNT_FIELDS) {
    const value = fields?.get(name)?.trim().toLowerCase()
    if (value !== undefined && value !== '' && value.length <= ACCOUNT_CHARACTERS_MAX) accounts.add(accountKey(value))
  }
  return [...accounts]
}

function jsonFields(text: string): Map<string, string> | null {
  try {
    const parsed: unknown = JSON.parse(text)
    if (typeof parsed !== 'object' || parsed === null) return null
    return new Map(
      Object.entries(parsed).flatMap(([name, value]) =>
        typeof value === 'string' ? [[name.toLowerCase(), value]] : [],
      ),
    )
  } catch {
    return null
  }
}

function formFields(text: string): Map<string, string> {
  return new Map([...new URLSearchParams(text)].map(([name, value]) => [name.toLowerCase(), value]))
}

const CHANGING: ReadonlySet<string> = new Set(['POST', 'PUT', 'PATCH'])
