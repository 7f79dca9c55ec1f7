/**
 * The little of `ws` that this program uses. `@types/ws` would be a second dependency, and the root's type check has to
 * pass in a checkout where nothing is installed in this folder.
 */
declare module 'ws' {
  import type { IncomingMessage } from 'node:http'
  import type { EventEmitter } from 'node:events'
  import type { Duplex } from 'node:stream'

  export class WebSocket extends EventEmitter {
    static readonly OPEN: number
    readonly readyState: number
    readonly bufferedAmount: number
    send(text: string): void
    ping(): void
    close(code?: number, reason?: string): void
    terminate(): void
  }

  export class WebSocketServer extends EventEmitter {
    readonly clients: Set<WebSocket>
    constructor(options: { noServer: true; maxPayload: number; perMessageDeflate: boolean })
    handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer, accepted: (client: WebSocket) => void): void
    close(): void
  }
}
