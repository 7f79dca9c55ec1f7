import { methodsIn } from '../../../guard/identity/identity.ts'
import type { Context, Stage } from '../../context.ts'
import { fieldOf } from '../../exchange.ts'
import type { Exchange } from '../../exchange.ts'
import { guardRequestOf } from '../../guard-request.ts'
import { authenticateFor, authoriseFor } from './authenticate.ts'

/** More of them than one are somebody's attempt; the first few say enough. */
const METHODS_MAX = 4

/**
 * A form's `_method` makes another request of a POST for many frameworks: whoever may not send that one may not send it so. In the query
 * and in headers it has been seen before; this one stands in the body, where that is a form that has arrived.
 */
export const methodOverride: Stage = (exchange, context) => {
  const { ready } = exchange.body
  if (ready === null || !tellsMethod(exchange, context)) return null
  const identity = context.guard.identity.identity!
  for (const method of new Set(methodsOf(exchange, ready.toString('latin1')).slice(0, METHODS_MAX))) {
    const meant = guardRequestOf(exchange, method)
    if (!identity.concerns(meant)) continue
    const authenticated = exchange.identified === null ? authenticateFor(exchange, context, meant) : null
    // Who asks is known then.
    if (authenticated instanceof Promise)
      return authenticated.then((answer) => answer ?? methodOverride(exchange, context))
    const answer = authenticated ?? authoriseFor(exchange, context, meant)
    if (answer !== null) return answer
  }
  return null
}

/** Whether a form could tell of a method here that somebody protects: it is a POST, and another method alone is protected. */
export function tellsMethod({ head }: Exchange, { guard: { policy } }: Context): boolean {
  if (head.method !== 'POST' || policy === null || policy.identity === null) return false
  const { protect, admin } = policy.identity
  const isAnother = ({ method }: { readonly method: string | null }): boolean => method !== null && method !== 'POST'
  return protect.some(isAnother) || (admin?.routes.some(isAnother) ?? false)
}

function methodsOf({ head }: Exchange, text: string): string[] {
  const type = fieldOf(head, 'content-type')?.toLowerCase() ?? ''
  if (type.includes('form-urlencoded')) return methodsIn(text)
  if (type.includes('json')) return methodInJson(text)
  if (!type.includes('multipart/form-data')) return []
  return [...text.matchAll(PART)].map((match) => match[1]!.trim().toUpperCase())
}

function methodInJson(text: string): string[] {
  if (!text.includes('_') && !text.includes('\\u')) return []
  try {
    const parsed: unknown = JSON.parse(text)
    if (typeof parsed !== 'object' || parsed === null || !('_method' in parsed)) return []
    return typeof parsed._method === 'string' ? [parsed._method.trim().toUpperCase()] : []
  } catch {
    return []
  }
}

/** The content of a part of that name. */
const PART =
  /[;\s]name\s{0,4}=\s{0,4}"?\s{0,16}[_. [+]method"?[^\r\n]{0,128}\r?\n(?:[^\r\n]{1,256}\r?\n){0,8}\r?\n([^\r\n]{0,32})/gi
