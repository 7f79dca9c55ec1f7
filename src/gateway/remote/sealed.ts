/** TCP connections that only those who have the key can open or read: TLS with a shared key, forward secret. */
import { readFileSync } from 'node:fs'
import type { AddressInfo, Socket } from 'node:net'
import { connect, createServer } from 'node:tls'
import type { TLSSocket } from 'node:tls'
import { messageOf, Problem } from '../../core/problem.ts'
import { SILENCE_MS } from './protocol.ts'

/** The one suite that OpenSSL has with a shared key, forward secrecy and authenticated encryption. */
export const SUITE = { ciphers: 'ECDHE-PSK-CHACHA20-POLY1305', minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' } as const
const KEY_BYTES = 32
/** Names are in the identity: RFC 4279 has it up to 128 bytes. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9.-]{0,127}$/
const CONNECT_MS = 3_000
const HANDSHAKE_MS = 5_000
/** More are none of ours. */
const CONNECTIONS_MAX = 4_096
const LOOK_MS = 500

/** @throws Problem `gateway.key-unusable` */
export function readKey(file: string): Buffer {
  let key: Buffer
  try {
    key = readFileSync(file)
  } catch (error) {
    throw unusable(file, messageOf(error))
  }
  if (key.length !== KEY_BYTES) throw unusable(file, `it has ${key.length} bytes, not ${KEY_BYTES}`)
  return key
}

function unusable(file: string, reason: string): Problem {
  return new Problem('gateway.key-unusable', `the key of the gateways cannot be used: ${file}: ${reason}`, {
    hint: `Control and every gateway need the same file of ${KEY_BYTES} random bytes.`,
  })
}

/** A name that a gateway can have. */
export function isName(name: string): boolean {
  return NAME.test(name)
}

export interface SealedDoor {
  readonly port: number
  close(): Promise<void>
}

/** Listens. A connection is handed over when its key was right. */
export function serveSealed(options: {
  readonly host: string
  readonly port: number
  readonly key: Buffer
  readonly onSocket: (socket: TLSSocket, name: string) => void
  /** Somebody has another key, or none. */
  readonly onRefused: (from: string, reason: string) => void
}): Promise<SealedDoor> {
  const { host, port, key, onSocket, onRefused } = options
  const names = new WeakMap<Socket, string>()
  const sockets = new Set<Socket>()
  const server = createServer({
    ...SUITE,
    handshakeTimeout: HANDSHAKE_MS,
    pskCallback(socket, name) {
      names.set(socket, name)
      return isName(name) ? key : null
    },
  })
  server.maxConnections = CONNECTIONS_MAX
  // Also those that never say who they are: they must not keep anybody from closing.
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  server.on('secureConnection', (socket) => {
    socket.on('error', () => {})
    socket.setNoDelay()
    closeWhenSilent(socket)
    onSocket(socket, names.get(socket)!)
  })
  server.on('tlsClientError', (error, socket) => onRefused(socket.remoteAddress ?? 'somebody', error.message))
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      resolve({
        port: (server.address() as AddressInfo).port,
        close: () =>
          new Promise((closed) => {
            server.close(() => closed())
            for (const socket of sockets) socket.destroy()
          }),
      })
    })
  })
}

/** Connects. `secureConnect` says that both sides have the key; the socket closes itself when that does not come in time. */
export function connectSealed(options: {
  readonly host: string
  readonly port: number
  readonly key: Buffer
  readonly name: string
}): TLSSocket {
  const { host, port, key, name } = options
  const socket = connect({
    ...SUITE,
    host,
    port,
    pskCallback: () => ({ psk: key, identity: name }),
    // There is no certificate: who has the key is who we want.
    checkServerIdentity: () => undefined,
  })
  const late = setTimeout(() => socket.destroy(new Error(`no answer within ${CONNECT_MS} ms`)), CONNECT_MS)
  socket.setNoDelay()
  socket.once('secureConnect', () => {
    clearTimeout(late)
    closeWhenSilent(socket)
  })
  socket.once('close', () => clearTimeout(late))
  return socket
}

/** A peer whose machine is gone says nothing, not even goodbye. */
function closeWhenSilent(socket: TLSSocket): void {
  let heardAt = performance.now()
  socket.on('data', () => (heardAt = performance.now()))
  const look = setInterval(() => {
    if (performance.now() - heardAt > SILENCE_MS) socket.destroy(new Error(`silent for ${SILENCE_MS} ms`))
  }, LOOK_MS)
  socket.once('close', () => clearInterval(look))
}
