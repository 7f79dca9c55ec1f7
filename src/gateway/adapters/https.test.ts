import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { rmSync, writeFileSync } from 'node:fs'
import { connect as connectPlain, createServer as createNetServer } from 'node:net'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { createServer as createTlsServer, type TLSSocket } from 'node:tls'
import { selfSigned } from '../../../test/support/certificate.ts'
import { shakeHands, shown, writePair } from '../../../test/support/tls-files.ts'
import { checkTable } from '../table-check.ts'
import type { AcmeChallenge, TlsTable } from '../table.ts'
import { listening, startGateway, tableOf, throwawayFolder, until } from '../testing.ts'
import type { TestGateway } from '../testing.ts'
import { policyOf } from '../testing-guard.ts'
import { offersAcmeTls } from './client-hello.ts'
import type { HalfOpenLimits } from './half-open.ts'
import { createTlsListener } from './tls-listener.ts'

const folder = throwawayFolder()
after(() => rmSync(folder, { recursive: true, force: true }))

const OLD_CLIENT = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' } as const

test('TLS 1.2 and 1.3 are spoken; 1.1 is refused', async () => {
  await using gateway = await startGateway(tableOf([], { tls: writePair(folder) }), { tls: true })
  for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
    const socket = await shakeHands(gateway.tlsPort, { minVersion: version, maxVersion: version })
    assert.equal(socket.getProtocol(), version)
    socket.destroy()
  }
  await assert.rejects(shakeHands(gateway.tlsPort, OLD_CLIENT), /protocol version|PROTOCOL_VERSION/i)

  // The same client finds a server that still takes it: what refused it above was the gateway.
  const { key, cert } = selfSigned()
  const old = createTlsServer({ key, cert, minVersion: 'TLSv1', ciphers: 'DEFAULT@SECLEVEL=0' })
  const socket = await shakeHands(await listening(old), OLD_CLIENT)
  assert.equal(socket.getProtocol(), 'TLSv1.1')
  socket.destroy()
  old.close()
})

test('a cipher without forward secrecy is refused', async () => {
  await using gateway = await startGateway(tableOf([], { tls: writePair(folder) }), { tls: true })
  const weak = { maxVersion: 'TLSv1.2', ciphers: 'AES128-SHA:ECDHE-ECDSA-AES128-SHA:ECDHE-RSA-AES128-SHA' } as const
  await assert.rejects(shakeHands(gateway.tlsPort, weak), /handshake failure/i)
})

test('the protocol inside is agreed on: HTTP/2, HTTP/1.1, or none in common', async () => {
  await using gateway = await startGateway(tableOf([], { tls: writePair(folder) }), { tls: true })
  const agreed = async (offered: string[]): Promise<unknown> => {
    const socket = await shakeHands(gateway.tlsPort, { ALPNProtocols: offered })
    socket.destroy()
    return socket.alpnProtocol
  }
  assert.equal(await agreed(['http/1.1', 'h2']), 'h2')
  assert.equal(await agreed(['http/1.1']), 'http/1.1')
  assert.equal(await agreed([]), false)
  await assert.rejects(agreed(['acme-tls/1']), /no application protocol|NO_APPLICATION_PROTOCOL/i)
})

test('what is refused as no request carries the fields of HTTPS as well', async () => {
  await using gateway = await startGateway(tableOf([], { tls: writePair(folder), guard: policyOf() }), { tls: true })
  const socket = await shakeHands(gateway.tlsPort, { ALPNProtocols: ['http/1.1'] })
  let text = ''
  socket.on('data', (bytes: Buffer) => (text += bytes.toString('latin1')))
  socket.write('no request\r\n\r\n')
  await until(() => text.includes('\r\n\r\n'))
  socket.destroy()
  assert.match(text, /^HTTP\/1.1 400 /)
  assert.match(text, /\r\nStrict-Transport-Security: max-age=/)
})

test('a session begun at one worker goes on at another', async () => {
  const tls = writePair(folder)
  await using one = await startGateway(tableOf([], { tls }), { tls: true })
  await using other = await startGateway(tableOf([], { tls }), { tls: true })
  for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
    const session = await sessionOf(one, maxVersion)
    const socket = await shakeHands(other.tlsPort, { session, maxVersion })
    assert.equal(socket.isSessionReused(), true, maxVersion)
    socket.destroy()
  }
})

test('a new certificate is shown to new handshakes, resumed ones too; what stands goes on', async () => {
  const [old, next] = [writePair(folder), writePair(folder)]
  using listener = await listenAlone(old)
  const kept = await shakeHands(listener.port)
  const session = await ticketOf(kept)
  // Taken up while the certificate is the same: that the one below is not is the certificate's doing.
  const before = await shakeHands(listener.port, { session })
  assert.equal(before.isSessionReused(), true)
  listener.configure(next)
  assert.equal(await echoOf(kept, 'still here'), 'still here')
  assert.equal(shown(kept), fingerprintOf(old.cert))
  const fresh = await shakeHands(listener.port)
  assert.equal(shown(fresh), fingerprintOf(next.cert))
  const resumed = await shakeHands(listener.port, { session })
  assert.equal(resumed.isSessionReused(), false)
  assert.equal(shown(resumed), fingerprintOf(next.cert))
  for (const socket of [kept, before, fresh, resumed]) socket.destroy()
})

test('a pair that cannot be read leaves the one before in force', async () => {
  const good = writePair(folder)
  const broken = { ...good, file: join(folder, 'broken.pem') }
  writeFileSync(broken.file, 'no certificate')
  using listener = await listenAlone(good)
  listener.configure(broken)
  assert.equal(listener.unusable.length, 1)
  assert.equal(await shownBy(listener.port), fingerprintOf(good.cert))
  // Asked for again with the next table: it may have been mended.
  const mended = writePair(folder)
  listener.configure(mended)
  assert.equal(await shownBy(listener.port), fingerprintOf(mended.cert))
})

test('without a certificate a connection is closed at once', async () => {
  await using gateway = await startGateway(null, { tls: true })
  await assert.rejects(shakeHands(gateway.tlsPort), /ECONNRESET|closed|disconnected/)
})

test('handshakes that never end are bounded in number, by address, and in time', async () => {
  using listener = await listenAlone(writePair(folder), { max: 5, perAddressMax: 3, withinMs: 300 })
  const silent = Array.from({ length: 4 }, () => connectPlain({ port: listener.port, host: '127.0.0.1' }))
  const ended = silent.map((socket) => new Promise((resolve) => socket.once('close', resolve).on('error', () => {})))
  await until(() => listener.counts().refused === 1)
  await ended[3]
  // One from another address finds room.
  const elsewhere = connectPlain({ port: listener.port, host: '127.0.0.1', localAddress: '127.0.0.2' })
  const other = await shakeHands(listener.port, { socket: elsewhere })
  other.destroy()
  // Bytes that trickle in do not buy time.
  const hello = Buffer.alloc(300)
  hello.set([22, 3, 1, 1, 0, 1, 0, 0, 252, 3, 3])
  let sent = 0
  const drip = setInterval(() => silent[0]!.writable && silent[0]!.write(hello.subarray(sent, ++sent)), 20)
  await Promise.all(ended)
  clearInterval(drip)
  assert.equal(listener.counts().late, 3)
  const next = await shakeHands(listener.port)
  next.destroy()
})

test('who leaves during the handshake is gone at once, in whatever way', async () => {
  using listener = await listenAlone(writePair(folder), { withinMs: 60_000 })
  for (let at = 0; at < 5; at += 1) {
    await assert.rejects(shakeHands(listener.port, { rejectUnauthorized: true }))
    await assert.rejects(shakeHands(listener.port, OLD_CLIENT))
    const left = connectPlain({ port: listener.port, host: '127.0.0.1' })
    left.once('connect', () => left.destroy())
    const plain = connectPlain({ port: listener.port, host: '127.0.0.1' }).on('error', () => {})
    plain.end('GET / HTTP/1.1\r\n\r\n')
    plain.resume()
  }
  await until(() => listener.counts().failed === 20)
  await until(() => listener.halfOpen() === 0)
})

test('an authority is shown the certificate it checks for, anybody else the usual one', async () => {
  const usual = writePair(folder)
  const challenge = selfSigned()
  const acme = [{ domain: 'localhost', token: 't', authorization: 't.x', alpn: challenge }]
  await using gateway = await startGateway(tableOf([], { tls: usual, acme }), { tls: true })
  const check = await shakeHands(gateway.tlsPort, { ALPNProtocols: ['acme-tls/1'] })
  assert.equal(check.alpnProtocol, 'acme-tls/1')
  assert.equal(shown(check), fingerprintOf(challenge.cert))
  check.destroy()
  assert.equal(await shownBy(gateway.tlsPort), fingerprintOf(usual.cert))
  await assert.rejects(
    shakeHands(gateway.tlsPort, { ALPNProtocols: ['acme-tls/1'], servername: 'elsewhere.test' }),
    /handshake failure|alert/i,
  )
  // A hello that comes in pieces is looked at as a whole.
  const socket = await shakeThroughPieces(gateway.tlsPort)
  assert.equal(shown(socket), fingerprintOf(challenge.cert))
  socket.destroy()
})

test('what is no TLS is no check, what is not whole is not judged', () => {
  assert.equal(offersAcmeTls(Buffer.from('GET / HTTP/1.1\r\n')), false)
  assert.equal(offersAcmeTls(Buffer.from([22, 3, 1])), null)
  assert.equal(offersAcmeTls(Buffer.from([22, 3, 1, 0, 4, 1, 2])), null)
  assert.equal(offersAcmeTls(Buffer.from([22, 3, 1, 0, 4, 1, 2, 3, 4])), false)
  const hello = Buffer.concat([Buffer.from([22, 3, 1, 0, 12, 1]), Buffer.from('\x0aacme-tls/1', 'latin1')])
  assert.equal(offersAcmeTls(hello), true)
  assert.equal(offersAcmeTls(Buffer.from([22, 3, 1, 0xff, 0xff])), false)
})

test('the worker counts what its listener does', async () => {
  using listener = await listenAlone(writePair(folder))
  const one = await shakeHands(listener.port)
  const session = await ticketOf(one)
  const two = await shakeHands(listener.port, { session })
  const three = await shakeHands(listener.port, { ALPNProtocols: ['h2'] })
  connectPlain({ port: listener.port, host: '127.0.0.1' })
    .on('error', () => {})
    .end('GET / HTTP/1.1\r\n\r\n')
  await until(() => listener.counts().failed === 1)
  assert.deepEqual(listener.counts(), { handshakes: 3, resumed: 1, http2: 1, failed: 1, late: 0, refused: 0 })
  for (const socket of [one, two, three]) socket.destroy()
})

test('a table whose TLS is no TLS is refused', () => {
  const table = tableOf([], { tls: writePair(folder) })
  assert.equal(checkTable(table), table)
  assert.equal(checkTable({ ...table, tls: { ...table.tls, port: 0 } }), 'table.tls.port is no port')
  assert.equal(checkTable({ ...table, acme: [{ domain: 'a' }] }), 'table.acme[0].token is no text')
})

function fingerprintOf(cert: string): string {
  return new X509Certificate(cert).fingerprint256
}

async function shownBy(port: number): Promise<string> {
  const socket = await shakeHands(port)
  const fingerprint = shown(socket)
  socket.destroy()
  return fingerprint
}

async function sessionOf({ tlsPort }: TestGateway, maxVersion: 'TLSv1.2' | 'TLSv1.3'): Promise<Buffer> {
  return ticketOf(await shakeHands(tlsPort, { maxVersion }))
}

/** TLS 1.3 sends the ticket after the handshake. */
async function ticketOf(socket: TLSSocket): Promise<Buffer> {
  const ticket = new Promise<Buffer>((resolve) => socket.once('session', resolve))
  const session = socket.getProtocol() === 'TLSv1.2' ? socket.getSession()! : await ticket
  return session
}

/** A listener of its own, whose connections echo what they get. */
async function listenAlone(tls: TlsTable, limits: HalfOpenLimits = {}) {
  const unusable: string[] = []
  const echo = (socket: TLSSocket): void => void socket.on('error', () => {}).on('data', (bytes) => socket.write(bytes))
  const onUnusable = (reason: string): void => void unusable.push(reason)
  const listener = createTlsListener({ onHttp1: echo, onHttp2: echo, onUnusable, ...limits })
  listener.configure(tls, [])
  const { port } = await listener.listen({ host: '127.0.0.1', port: 0 })
  return {
    port,
    unusable,
    configure: (next: TlsTable, challenges: readonly AcmeChallenge[] = []) => listener.configure(next, challenges),
    counts: () => ({ ...listener.counts }),
    halfOpen: () => listener.halfOpen,
    [Symbol.dispose]: () => listener.close(),
  }
}

function echoOf(socket: TLSSocket, text: string): Promise<string> {
  const answered = new Promise<string>((resolve) => socket.once('data', (bytes) => resolve(bytes.toString())))
  socket.write(text)
  return answered
}

/** A check by `acme-tls/1` whose first bytes arrive one by one. */
async function shakeThroughPieces(port: number): Promise<TLSSocket> {
  const between = createNetServer((client) => {
    const server = connectPlain({ port, host: '127.0.0.1', noDelay: true })
    client.once('data', (bytes) => {
      const sendFrom = (at: number): void => {
        server.write(bytes.subarray(at, at < 64 ? at + 1 : bytes.length))
        if (at < 64) setImmediate(sendFrom, at + 1)
        else client.pipe(server)
      }
      sendFrom(0)
    })
    server.pipe(client)
    for (const socket of [client, server]) socket.on('error', () => {})
    client.once('close', () => server.destroy())
  })
  const socket = await shakeHands(await listening(between), { ALPNProtocols: ['acme-tls/1'] })
  between.close()
  return socket
}
