/** The contract's `Fenced`, which imports this file. */
interface Token {
  readonly token: number
}

/** For gateways that run elsewhere, as pods do: docs/decisions/0042. Where there are none, nobody is known. */
export interface GatewaysMethods {
  /** The gateways that every switch waits for. */
  'gateways.known': { input: { readonly none?: never }; output: { gateways: readonly KnownGateway[] } }
  /** Which there are, by name, says who can see them: the others are not waited for any more. */
  'gateways.seen': { input: Token & { names: readonly string[] }; output: { forgotten: readonly string[] } }
}

export interface KnownGateway {
  readonly name: string
  /** How many it has said it runs. */
  readonly workers: number
  /** The oldest table that one of its workers has; null: none is connected. */
  readonly version: number | null
  readonly connected: boolean
  /** All its workers have been up: switches wait for it. */
  readonly serves: boolean
  /** Since when it belongs to the environment; milliseconds since the epoch. */
  readonly sinceMs: number
}
