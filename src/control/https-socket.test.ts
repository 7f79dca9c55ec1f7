import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { EnvironmentFile } from './environment.ts'
import { FIRST_GENERATION, type GatewayRecord } from './gateway-generations.ts'
import { HttpsSocket, portOf, withHttps } from './https-socket.ts'

/** The keeper's sockets, a record, and what the live release asks for: null for no TLS, undefined for no release. */
function scene(asked: number | null | undefined, record: GatewayRecord, environment: number | null = null) {
  const sockets = new Map<string, number>()
  const socket = new HttpsSocket({
    keeper: {
      list: async () => ({ sockets: [...sockets].map(([name, port]) => ({ name, host: '127.0.0.1', port })) }) as never,
      listen: async (name, host, port) => {
        sockets.set(name, port === 0 ? 50_000 : port)
        return { name, host, port: sockets.get(name)! }
      },
      unlisten: async (name) => void sockets.delete(name),
    },
    environment: { host: '127.0.0.1', https: environment } as EnvironmentFile,
    state: {
      get: ((key: string) => (key === 'gateway' ? record : asked === undefined ? null : '1-x')) as never,
      release: () => ({ config: { gateway: { tls: asked === null ? null : { port: asked } } } }) as never,
    },
  })
  return { socket, sockets }
}

test('a generation has the port that it inherited; older ones are forgotten', () => {
  assert.equal(portOf(FIRST_GENERATION, 1), null)
  const first = withHttps(FIRST_GENERATION, 1, 8443)
  assert.equal(portOf(first, 1), 8443)
  const second = withHttps(first, 2, null)
  assert.deepEqual([portOf(second, 1), portOf(second, 2)], [8443, null])
  const later = withHttps({ ...withHttps(second, 3, 9443), serving: 3 }, 4, 9443)
  assert.deepEqual(later.https, { 3: 9443, 4: 9443 })
})

test('workers are right when they have what the live release asks for', () => {
  const has = withHttps(FIRST_GENERATION, 1, 8443)
  const isRight = (asked: number | null | undefined, record: GatewayRecord, environment?: number): boolean =>
    scene(asked, record, environment).socket.isRight
  assert.equal(isRight(8443, has), true)
  assert.equal(isRight(0, has), true)
  assert.equal(isRight(9443, has), false)
  assert.equal(isRight(null, has), false)
  assert.equal(isRight(null, FIRST_GENERATION), true)
  assert.equal(isRight(8443, FIRST_GENERATION), false)
  // Before the first release, what `up` has read decides.
  assert.equal(isRight(undefined, FIRST_GENERATION, 8443), false)
  assert.equal(isRight(undefined, has, 8443), true)
})

test('the socket is opened once, opened anew for another port, and closed when nobody has it', async () => {
  const open = scene(0, FIRST_GENERATION)
  assert.equal(await open.socket.open(), 50_000)
  assert.equal(await open.socket.open(), 50_000)
  const moved = scene(9443, FIRST_GENERATION)
  moved.sockets.set('https', 8443)
  assert.equal(await moved.socket.open(), 9443)

  const unused = scene(null, FIRST_GENERATION)
  unused.sockets.set('https', 8443)
  assert.equal(await unused.socket.open(), null)
  await unused.socket.closeUnused()
  assert.equal(unused.sockets.size, 0)
  const used = scene(null, withHttps(FIRST_GENERATION, 1, 8443))
  used.sockets.set('https', 8443)
  await used.socket.closeUnused()
  assert.equal(used.sockets.size, 1)
})
