import { Agent as HttpAgent, request as httpRequest } from 'node:http'
import type { ClientRequest, IncomingMessage, RequestOptions } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'

/** Where users come in: asked for each request, since a deploy may turn HTTPS on. */
export interface Entrance {
  /** What stands in front of gateways elsewhere. @default this machine */
  readonly host?: string
  readonly port: number
  readonly secure: boolean
}

const LOOPBACK = '127.0.0.1'

/** Kept connections to the entrance, of both kinds. */
export class KeptConnections {
  readonly #plain: HttpAgent
  readonly #secure: HttpsAgent

  /** @param max connections of each kind at once */
  constructor(max: number) {
    this.#plain = new HttpAgent({ keepAlive: true, maxSockets: max })
    this.#secure = new HttpsAgent({ keepAlive: true, maxSockets: max })
  }

  agentFor({ secure }: Entrance): HttpAgent {
    return secure ? this.#secure : this.#plain
  }

  destroy(): void {
    this.#plain.destroy()
    this.#secure.destroy()
  }
}

/** Begins a request. Whose certificate is shown is not looked at: that is told by the status, and a self-signed one is good too. */
export function requestTo(
  entrance: Entrance,
  options: Pick<RequestOptions, 'method' | 'path' | 'headers' | 'localAddress'> & {
    readonly kept: KeptConnections | null
  },
  onAnswer: (response: IncomingMessage) => void,
): ClientRequest {
  const { kept, localAddress, ...rest } = options
  const { host = LOOPBACK } = entrance
  const asked = {
    ...rest,
    // From an address of this machine's own no packet comes to another one.
    ...(host === LOOPBACK && localAddress !== undefined ? { localAddress } : {}),
    host,
    port: entrance.port,
    agent: kept?.agentFor(entrance) ?? false,
  }
  if (!entrance.secure) return httpRequest(asked, onAnswer)
  return httpsRequest({ ...asked, rejectUnauthorized: false, servername: 'localhost' }, onAnswer)
}
