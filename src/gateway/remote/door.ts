/** Where gateways on other machines come in. */
import type { TLSSocket } from 'node:tls'
import { readJsonLines, toJsonLine } from '../../core/json-lines.ts'
import type { Door, Meeting } from '../admin/connection.ts'
import { createLuggage } from './luggage.ts'
import { BEAT_MS } from './protocol.ts'
import type { FromGateway, ToGateway } from './protocol.ts'
import { serveSealed } from './sealed.ts'
import type { SealedDoor } from './sealed.ts'

export interface SealedDoorOptions {
  readonly host: string
  readonly port: number
  readonly key: Buffer
  readonly stateFolder: string
  /** A gateway has said which one it is, perhaps again. */
  readonly onGateway: (name: string, workers: number) => void
  readonly onServes: (name: string) => void
  /** Whether nothing was ever deployed. */
  readonly isEmpty: () => boolean
  /** Its own connection is closed. */
  readonly onGone: (name: string) => void
  readonly onBye: (name: string) => void
  readonly onRefused: (from: string, reason: string) => void
}

/** Of one connection: whose it is, until its first line has said so nobody's. */
type Side = 'nobody' | 'gateway' | Meeting

export function sealedDoor(options: SealedDoorOptions): Door & { readonly port: number } {
  const { host, port, key, stateFolder, onGateway, onServes, isEmpty, onGone, onBye, onRefused } = options
  const luggage = createLuggage(stateFolder)
  let server: SealedDoor | null = null
  return {
    get port() {
      return server?.port ?? port
    },
    async open(meet) {
      const onSocket = (socket: TLSSocket, name: string): void => {
        let side: Side = 'nobody'
        const send = (message: ToGateway): void => void (socket.writable && socket.write(toJsonLine(message)))
        const beat = setInterval(() => send({ type: 'beat' }), BEAT_MS)
        socket.once('close', () => {
          clearInterval(beat)
          if (side === 'gateway') onGone(name)
          else if (side !== 'nobody') side.onClosed()
        })
        readJsonLines(socket, (value) => {
          const message = value as FromGateway
          switch (message.type) {
            case 'gateway':
              side = 'gateway'
              if (!message.leaving) onGateway(name, message.workers)
              return send({ type: 'welcome', isEmpty: isEmpty() })
            case 'serves':
              return onServes(name)
            case 'bye':
              return onBye(name)
            case 'want':
              return send({ type: 'file', digest: message.digest, content: luggage.content(message.digest) })
            case 'beat':
              return
            default:
              if (side === 'gateway') return void socket.destroy()
              if (side === 'nobody')
                side = meet({
                  gateway: name,
                  send: (one) => send(luggage.pack(one)),
                  destroy: () => void socket.destroy(),
                })
              return side.onMessage(message)
          }
        })
      }
      server = await serveSealed({ host, port, key, onSocket, onRefused })
    },
    async close() {
      await server?.close()
    },
  }
}
