import type { GuardRequest } from '../guard/request.ts'
import type { Exchange, RequestHead } from './exchange.ts'

/** The request as the guard's parts judge it, perhaps as if it had another method. Its fields are cut out when somebody asks. */
export function guardRequestOf({ head, clientAddress }: Exchange, method = head.method): GuardRequest {
  return new ExchangeRequest(head, method, clientAddress)
}

class ExchangeRequest implements GuardRequest {
  readonly method: string
  readonly target: string
  readonly host: string
  readonly client: string
  readonly #head: RequestHead

  constructor(head: RequestHead, method: string, client: string) {
    this.method = method
    this.target = head.target
    this.host = head.host
    this.client = client
    this.#head = head
  }

  get headers(): readonly string[] {
    return this.#head.headers
  }

  get fields(): string | null {
    return this.#head.wire?.fieldsText ?? null
  }
}
