import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { rmSync, writeFileSync } from 'node:fs'
import { connect, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { connect as connectTls, createServer as createTlsServer, type TLSSocket } from 'node:tls'
import { throwawayFolder, until } from '../testing.ts'
import { SILENCE_MS } from './protocol.ts'
import { connectSealed, isName, readKey, serveSealed, SUITE } from './sealed.ts'

const KEY = randomBytes(32)
const HOST = '127.0.0.1'

async function startDoor(): Promise<
  AsyncDisposable & { port: number; sockets: TLSSocket[]; names: string[]; refused: string[] }
> {
  const [sockets, names, refused]: [TLSSocket[], string[], string[]] = [[], [], []]
  const door = await serveSealed({
    host: HOST,
    port: 0,
    key: KEY,
    onSocket(socket, name) {
      sockets.push(socket)
      names.push(name)
      socket.resume()
    },
    onRefused: (_from, reason) => refused.push(reason),
  })
  return { port: door.port, sockets, names, refused, [Symbol.asyncDispose]: () => door.close() }
}

void test('who has the key comes in under its name, over a suite that keeps what was said secret for ever', async () => {
  await using door = await startDoor()
  const socket = connectSealed({ host: HOST, port: door.port, key: KEY, name: 'shop-gateway-7d9-x2x' })
  await once(socket, 'secureConnect')
  assert.equal(socket.getCipher().standardName, 'TLS_ECDHE_PSK_WITH_CHACHA20_POLY1305_SHA256')
  assert.deepEqual(socket.getEphemeralKeyInfo(), { type: 'ECDH', name: 'X25519', size: 253 })
  await until(() => door.names.length === 1)
  assert.deepEqual([door.names, door.refused], [['shop-gateway-7d9-x2x'], []])
  socket.destroy()
})

void test('another key, no name, and bytes that are no TLS are refused, and told of', async () => {
  await using door = await startDoor()
  for (const [key, name] of [
    [randomBytes(32), 'one'],
    [KEY, 'no name'],
  ] as const) {
    const socket = connectSealed({ host: HOST, port: door.port, key, name })
    const [error] = (await once(socket, 'error')) as [Error]
    assert.ok(error.message !== '')
  }
  const plain = connect(door.port, HOST, () => plain.write('{"type":"gateway","workers":1}\n'))
  plain.on('error', () => {})
  plain.resume()
  await once(plain, 'close')
  assert.deepEqual([door.names, door.refused.length], [[], 3])
})

void test('a peer that says nothing is let go of, on whichever side it is', { timeout: 20_000 }, async () => {
  await using door = await startDoor()
  // One that watches nobody: only the door can end it.
  const mute = connectTls({
    port: door.port,
    host: HOST,
    ...SUITE,
    pskCallback: () => ({ psk: KEY, identity: 'mute' }),
    checkServerIdentity: () => undefined,
  })
  mute.on('error', () => {})
  mute.resume()
  const muteEnded = once(mute, 'close')
  const began = performance.now()

  const muteDoor = createTlsServer({ ...SUITE, pskCallback: () => KEY })
  muteDoor.on('secureConnection', (accepted) => accepted.resume().on('error', () => {}))
  await once(muteDoor.listen(0, HOST), 'listening')
  const { port } = muteDoor.address() as AddressInfo
  const socket = connectSealed({ host: HOST, port, key: KEY, name: 'one' })
  socket.resume()
  const [error] = (await once(socket, 'error')) as [Error]
  assert.match(error.message, /silent/)
  muteDoor.close()

  await muteEnded
  assert.ok(door.sockets[0]!.destroyed)
  assert.ok(performance.now() - began >= SILENCE_MS)
})

void test('a key that is not there, or has another length, cannot be used', () => {
  const folder = throwawayFolder()
  const file = join(folder, 'key')
  assert.throws(() => readKey(file), { code: 'gateway.key-unusable', message: /ENOENT/ })
  writeFileSync(file, 'short')
  assert.throws(() => readKey(file), { code: 'gateway.key-unusable', message: /5 bytes, not 32/ })
  writeFileSync(file, KEY)
  assert.deepEqual(readKey(file), KEY)
  rmSync(folder, { recursive: true })
})

void test('names are those of pods', () => {
  assert.deepEqual(['a-1.b', '', '-a', 'a b', 'a'.repeat(129)].map(isName), [true, false, false, false, false])
})
