import type { GuardRequest } from '../guard/request.ts'
import type { Exchange } from './exchange.ts'

/** The request as the guard's parts judge it. */
export function guardRequestOf({ head, clientAddress }: Exchange): GuardRequest {
  return { method: head.method, target: head.target, host: head.host, headers: head.headers, client: clientAddress }
}
