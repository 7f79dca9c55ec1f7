/** The head of a request as the guard judges it, whoever read it. */
export interface GuardRequest {
  readonly method: string
  /** Path and query as received, in origin form. */
  readonly target: string
  /** Of the client behind trusted proxies, without port. */
  readonly client: string
  /** Names and values in turn, as received: `['Host', 'a', 'Accept', 'b']`. */
  readonly headers: readonly string[]
  /** All of `headers` as one text as received, where there is such a text: one that was clean is not taken apart again. */
  readonly fields?: string | null
  /** Lower case, without the port; '' when there was none. */
  readonly host: string
  /** @default '1.1' */
  readonly version?: '1.0' | '1.1' | '2'
}

/** Who asks, as far as a credential proves it. */
export interface Principal {
  readonly kind: 'key' | 'subject'
  /** The key's id (never the key) or the token's `sub`. */
  readonly id: string
  readonly roles: readonly string[]
  readonly scopes: readonly string[]
}
