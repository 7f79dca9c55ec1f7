import type { EnvironmentFile } from './environment.ts'
import type { GatewayRecord } from './gateway-generations.ts'
import type { KeeperLink } from './keeper-link.ts'
import type { State } from './state.ts'

/** The name of the listening socket for HTTPS at the keeper. */
export const HTTPS_SOCKET = 'https'

export interface HttpsSocketOptions {
  readonly keeper: Pick<KeeperLink, 'list' | 'listen' | 'unlisten'>
  readonly environment: EnvironmentFile
  readonly state: Pick<State, 'get' | 'release'>
}

/**
 * The listening socket for HTTPS. Workers inherit their sockets when they are started: which generation has this one is written
 * down, and where that is not what the live release wants, another generation has to take over.
 */
export class HttpsSocket {
  readonly #options: HttpsSocketOptions

  constructor(options: HttpsSocketOptions) {
    this.#options = options
  }

  /** The port on which the workers that serve take HTTPS; null: on none. */
  get port(): number | null {
    const record = this.#options.state.get('gateway')
    return portOf(record, record.serving)
  }

  /** Whether the workers that serve have what is wanted. */
  get isRight(): boolean {
    const wanted = this.#wanted()
    const { port } = this
    return wanted === null ? port === null : port !== null && (wanted === 0 || wanted === port)
  }

  get isWanted(): boolean {
    return this.#wanted() !== null
  }

  /** Opens the socket that is wanted, or finds it open. Null: none is wanted. @throws KeeperError when the port is taken */
  async open(): Promise<number | null> {
    const { keeper, environment } = this.#options
    const wanted = this.#wanted()
    if (wanted === null) return null
    const known = (await keeper.list()).sockets.find(({ name }) => name === HTTPS_SOCKET)
    if (known !== undefined && (wanted === 0 || known.port === wanted)) return known.port
    return (await keeper.listen(HTTPS_SOCKET, environment.host, wanted)).port
  }

  /** Closes the socket when no worker that serves, or is to serve, has it: connections would wait there for nobody. */
  async closeUnused(): Promise<void> {
    const { keeper, state } = this.#options
    const record = state.get('gateway')
    if (this.#wanted() !== null || this.port !== null || record.starting !== null) return
    const { sockets } = await keeper.list()
    if (sockets.some(({ name }) => name === HTTPS_SOCKET)) await keeper.unlisten(HTTPS_SOCKET)
  }

  /** As the config asks for; 0: any. Before the first release, what `up` has read decides. */
  #wanted(): number | null {
    const { state, environment } = this.#options
    const live = state.get('live')
    const release = live === null ? null : state.release(live)
    if (release === null) return environment.https ?? null
    return release.config.gateway.tls?.port ?? null
  }
}

/** The port of HTTPS that a generation's workers have inherited. */
export function portOf({ https = {} }: GatewayRecord, generation: number): number | null {
  return https[generation] ?? null
}

/** The record with what a generation inherits; generations older than the one that serves are forgotten. */
export function withHttps(record: GatewayRecord, generation: number, port: number | null): GatewayRecord {
  const kept = Object.entries(record.https ?? {}).filter(([each]) => Number(each) >= record.serving)
  const { [generation]: _, ...others } = Object.fromEntries(kept)
  return { ...record, https: port === null ? others : { ...others, [generation]: port } }
}
