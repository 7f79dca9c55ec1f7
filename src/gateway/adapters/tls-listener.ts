/** The public entrance for HTTPS: takes connections, does the handshake, and hands on what is inside by its protocol. */
import { createHmac, constants } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo, Server, Socket } from 'node:net'
import { createSecureContext, createServer as createTlsServer } from 'node:tls'
import type { SecureContext, TLSSocket, TlsOptions } from 'node:tls'
import { messageOf } from '../../core/problem.ts'
import type { AcmeChallenge, TlsTable } from '../table.ts'
import { NO_TLS_COUNTS } from '../tls-counts.ts'
import type { TlsCounts } from '../tls-counts.ts'
import { lookAtHello } from './client-hello.ts'
import { createHalfOpen } from './half-open.ts'
import type { HalfOpenLimits } from './half-open.ts'

/**
 * TLS 1.2 and 1.3 alone; for 1.2 only key exchanges with forward secrecy and authenticated encryption, which is what HTTP/2 asks
 * for as well (RFC 9113 §9.2.2). The client chooses: it knows whether its processor has AES. No renegotiation: HTTP/2 forbids it,
 * and it makes a server work for nothing.
 */
const SETTINGS = {
  minVersion: 'TLSv1.2',
  maxVersion: 'TLSv1.3',
  ciphers: [
    'TLS_AES_128_GCM_SHA256',
    'TLS_AES_256_GCM_SHA384',
    'TLS_CHACHA20_POLY1305_SHA256',
    'ECDHE-ECDSA-AES128-GCM-SHA256',
    'ECDHE-RSA-AES128-GCM-SHA256',
    'ECDHE-ECDSA-AES256-GCM-SHA384',
    'ECDHE-RSA-AES256-GCM-SHA384',
    'ECDHE-ECDSA-CHACHA20-POLY1305',
    'ECDHE-RSA-CHACHA20-POLY1305',
  ].join(':'),
  honorCipherOrder: false,
  secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
  // Node's default comes from the command line, which differs from worker to worker: tickets would be good at one alone.
  sessionIdContext: 'seaworthy',
  /** Seconds that a session can be taken up again. */
  sessionTimeout: 3_600,
} as const satisfies TlsOptions

const PROTOCOLS = ['h2', 'http/1.1']

export interface TlsListenerOptions extends HalfOpenLimits {
  /** A connection that speaks HTTP/1.1 inside. */
  readonly onHttp1: (socket: TLSSocket) => void
  readonly onHttp2: (socket: TLSSocket) => void
  /** What the table names cannot be used; what was used before stays. */
  readonly onUnusable: (reason: string) => void
  /** Asked for each connection before its handshake; false: it is closed. */
  readonly onConnection?: (address: string) => boolean
  /** A connection that was let in has closed. */
  readonly onConnectionClosed?: (address: string) => void
}

export interface TlsListener {
  readonly openConnections: number
  /** Of these, those whose handshake is not done. */
  readonly halfOpen: number
  readonly counts: Readonly<Omit<TlsCounts, 'abused'>>
  /** Listens on an inherited socket, or (in tests) on an address. */
  listen(where: { fd: number } | { host: string; port: number }): Promise<AddressInfo>
  /**
   * Handshakes from now on show this; connections that stand are left alone. Null: what was shown is shown on, until nobody listens
   * any more.
   */
  configure(tls: TlsTable | null, challenges: readonly AcmeChallenge[]): void
  /** Accepts nothing more. Resolves when no connection is left. */
  retire(): Promise<void>
  /** Cuts everything. */
  close(): void
}

export function createTlsListener(options: TlsListenerOptions): TlsListener {
  const { onHttp1, onHttp2, onUnusable, onConnection = () => true, onConnectionClosed = () => {}, ...limits } = options
  const halfOpen = createHalfOpen(limits)
  const connections = new Set<Socket>()
  const { abused: _, ...none } = NO_TLS_COUNTS
  const counts = { ...none }
  let shown: TlsTable | null = null
  let checks: ReadonlyMap<string, SecureContext> = new Map()

  const secure = createTlsServer({ ...SETTINGS, ALPNProtocols: PROTOCOLS })
  secure.on('secureConnection', (socket) => {
    halfOpen.delete({ address: socket.remoteAddress ?? '', port: socket.remotePort ?? 0 })
    counts.handshakes += 1
    if (socket.isSessionReused()) counts.resumed += 1
    if (socket.alpnProtocol === 'h2') {
      counts.http2 += 1
      // Half open it would stay, and count as a connection of its client, until it has been idle for long enough.
      return onHttp2(socket)
    }
    // Who ends their side during the handshake is gone at once; behind a request, the connection itself decides.
    socket.allowHalfOpen = true
    onHttp1(socket)
  })
  secure.on('tlsClientError', onFailed)

  /** Shows an authority the certificate it asks for, and nothing else. */
  const checked = createTlsServer({
    ...SETTINGS,
    ALPNProtocols: ['acme-tls/1'],
    SNICallback: (name, done) => done(null, checks.get(name.toLowerCase())),
  })
  checked.on('secureConnection', (socket) => socket.end())
  checked.on('tlsClientError', onFailed)

  const server: Server = createServer({ noDelay: true }, accept)
  return {
    get openConnections() {
      return connections.size
    },
    counts,
    get halfOpen() {
      return halfOpen.size
    },
    listen: (where) =>
      new Promise((resolve, reject) => {
        server.once('error', reject)
        server.listen(where, () => {
          server.off('error', reject)
          resolve(server.address() as AddressInfo)
        })
      }),
    configure(tls, challenges) {
      checks = contextsOf(challenges)
      if (tls === null) return
      const isShown = tls.file === shown?.file && tls.ticketFile === shown.ticketFile
      if (isShown || show(tls)) shown = tls
    },
    retire: () => new Promise((resolve) => server.close(() => resolve())),
    close() {
      server.close()
      halfOpen.close()
      for (const socket of connections) socket.destroy()
    },
  }

  function accept(socket: Socket): void {
    // Known as long as the connection stands: a socket that is gone has no address any more.
    const peer = { address: socket.remoteAddress ?? '', port: socket.remotePort ?? 0 }
    const isServed = shown !== null || checks.size > 0
    if (!isServed || !onConnection(peer.address)) {
      counts.refused += 1
      return void socket.destroy()
    }
    socket.once('close', () => onConnectionClosed(peer.address))
    if (!halfOpen.add(peer, expire)) {
      counts.refused += 1
      return void socket.destroy()
    }
    connections.add(socket)
    socket.on('error', () => {})
    socket.once('close', () => {
      connections.delete(socket)
      halfOpen.delete(peer)
    })
    if (checks.size === 0) return begin(false)
    lookAtHello(socket, begin)

    function begin(isCheck: boolean): void {
      if (isCheck) checked.emit('connection', socket)
      else if (shown === null) refuse()
      else secure.emit('connection', socket)
    }

    function refuse(): void {
      counts.refused += 1
      socket.destroy()
    }

    function expire(): void {
      counts.late += 1
      socket.destroy()
    }
  }

  function onFailed(_error: Error, socket: TLSSocket): void {
    counts.failed += 1
    socket.destroy()
  }

  function show({ file, ticketFile }: TlsTable): boolean {
    try {
      const pem = readFileSync(file)
      secure.setSecureContext({ ...SETTINGS, key: pem, cert: pem, ticketKeys: ticketKeysOf(ticketFile, file) })
      return true
    } catch (error) {
      onUnusable(messageOf(error))
      return false
    }
  }

  function contextsOf(challenges: readonly AcmeChallenge[]): ReadonlyMap<string, SecureContext> {
    const contexts = new Map<string, SecureContext>()
    for (const { domain, alpn } of challenges) {
      if (alpn === null) continue
      try {
        contexts.set(domain, createSecureContext({ ...SETTINGS, cert: alpn.cert, key: alpn.key }))
      } catch (error) {
        onUnusable(messageOf(error))
      }
    }
    return contexts
  }
}

/**
 * The same at every worker, another with every certificate: a client that takes a session up again would never see that the
 * certificate has changed.
 */
function ticketKeysOf(ticketFile: string, file: string): Buffer {
  return createHmac('sha384', readFileSync(ticketFile)).update(file).digest()
}
