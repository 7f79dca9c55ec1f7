import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import type { Server } from 'node:http'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { once } from 'node:events'
import { test } from 'node:test'
import { State } from '../state.ts'
import { serveMetrics } from './metrics-server.ts'

const portOf = (server: { address(): unknown }): number => (server.address() as AddressInfo).port
const closed = (server: Server) => new Promise((resolve) => server.close(resolve))

void test('the port is kept over restarts, and another one taken when somebody else has it', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'seaworthy-metrics-'))
  const state = new State(join(folder, 'state.db'))
  const stranger = createServer().listen(0, '127.0.0.1')
  t.after(() => {
    stranger.close()
    state.close()
    rmSync(folder, { recursive: true })
  })
  await once(stranger, 'listening')
  const serve = () => serveMetrics({ state, text: (format) => format, port: portOf(stranger) })
  const first = await serve()
  const port = portOf(first)
  assert.notEqual(port, portOf(stranger))
  assert.equal(state.get('metricsPort'), port)
  assert.equal((first.address() as AddressInfo).address, '127.0.0.1')
  await closed(first)
  const second = await serve()
  assert.equal(portOf(second), port)

  const url = `http://127.0.0.1:${port}`
  const plain = await fetch(`${url}/metrics`)
  assert.deepEqual(
    [plain.status, plain.headers.get('content-type'), await plain.text()],
    [200, 'text/plain; version=0.0.4; charset=utf-8', 'prometheus'],
  )
  const open = await fetch(`${url}/metrics?x=1`, { headers: { accept: 'application/openmetrics-text;version=1.0.0' } })
  assert.match(open.headers.get('content-type')!, /^application\/openmetrics-text; version=1\.0\.0/)
  assert.equal(await open.text(), 'openmetrics')
  assert.equal((await fetch(url)).status, 404)
  assert.equal((await fetch(`${url}/metrics`, { method: 'POST' })).status, 405)
  second.closeAllConnections()
  await closed(second)

  const taker = createServer().listen(port, '127.0.0.1')
  await once(taker, 'listening')
  const third = await serve()
  assert.notEqual(portOf(third), port)
  assert.equal(state.get('metricsPort'), portOf(third))
  taker.close()
  await closed(third)
})
