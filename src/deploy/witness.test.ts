import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import type { Observation } from './tally.ts'
import type { Entrance } from './entrance.ts'
import { ask, startWitness } from './witness.ts'

const TIMEOUT_MS = 300

test('an answer that dribbles for ever has failed by the timeout, with its release, and the witness can stop', async () => {
  const server = createServer((_request, response) => {
    response.setHeader('Seaworthy-Release', '1-x')
    const dribble = setInterval(() => response.write('.'), 20)
    response.on('close', () => clearInterval(dribble))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const seen: Observation[] = []
  const asked = new Promise((resolve) => server.once('request', resolve))
  const witness = startWitness({
    entrance: () => ({ port: (server.address() as AddressInfo).port, secure: false }),
    requests: [{ method: 'GET', host: null, path: '/' }],
    perSecond: 20,
    timeoutMs: TIMEOUT_MS,
    onObservation: (one) => seen.push(one),
  })
  try {
    await asked
    await witness.stop()
    assert.ok(seen.length > 0)
    for (const { failure, release } of seen) {
      assert.match(failure!, /no whole answer within 300 ms$/)
      assert.equal(release, '1-x')
    }
  } finally {
    server.closeAllConnections()
    server.close()
  }
})

test('an address that only this machine has is taken towards this machine alone', async () => {
  const from = new Map<string, string>()
  const server = createServer((request, response) => {
    from.set(request.url!, request.socket.remoteAddress!)
    response.end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const question = { kept: null, timeoutMs: 10_000, side: 'never', word: '' } as const
  const askBy = (entrance: Entrance, path: string): Promise<Observation> =>
    ask({ ...question, entrance, request: { method: 'GET', host: null, path } })
  try {
    await askBy({ port, secure: false }, '/here')
    // As a Service is: by a name.
    await askBy({ host: 'localhost', port, secure: false }, '/elsewhere')
    assert.deepEqual(
      [...from],
      [
        ['/here', '127.83.87.87'],
        ['/elsewhere', '127.0.0.1'],
      ],
    )
  } finally {
    server.closeAllConnections()
    server.close()
  }
})
