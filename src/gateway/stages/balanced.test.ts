import assert from 'node:assert/strict'
import type { Socket } from 'node:net'
import { test } from 'node:test'
import type { RoutingTable, Upstream } from '../table.ts'
import { QUIET_HEALTH, startGateway, startUpstream, tableOf } from '../testing.ts'

function tableWith(upstreams: readonly Upstream[], balanced: boolean, retry = true): RoutingTable {
  const api = { kind: 'upstreams', upstreams, health: QUIET_HEALTH, balanced } as const
  const options = retry ? [] : [{ host: null, method: null, path: '/', retry }]
  return tableOf(upstreams, { services: { api }, options })
}

async function connectionsOf(balanced: boolean, requests: readonly RequestInit[], retry = true): Promise<number> {
  const seen = new Set<Socket>()
  await using upstream = await startUpstream('1', (request, response) => {
    seen.add(request.socket)
    request.resume().on('end', () => response.end('ok'))
  })
  await using gateway = await startGateway(tableWith([upstream.upstream], balanced, retry))
  for (const request of requests) assert.equal((await fetch(gateway.url, request)).status, 200)
  return seen.size
}

void test("behind a balancer's address what cannot be repeated has a connection of its own, and nothing else", async () => {
  const posts = [{ method: 'POST' }, { method: 'POST', body: 'x' }, { method: 'PUT', body: 'x' }]
  assert.equal(await connectionsOf(true, posts), 3)
  assert.equal(await connectionsOf(true, [{}, {}, { method: 'PUT' }]), 1)
  assert.equal(await connectionsOf(false, posts), 1)
  // Nor what may not be.
  assert.equal(await connectionsOf(true, [{}, {}], false), 2)
})

void test('whoever is behind kept connections goes: the second attempt is over a new one', async () => {
  const known = new Set<Socket>()
  let isGoing = false
  const { promise: both, resolve } = Promise.withResolvers<void>()
  await using upstream = await startUpstream('1', (request, response) => {
    if (isGoing && known.has(request.socket)) return void request.socket.destroy()
    known.add(request.socket)
    // Until there are two, so that each address has one to be kept.
    if (known.size === 2) resolve()
    void both.then(() => response.end('ok'))
  })
  const addresses = ['a', 'b'].map((id) => ({ ...upstream.upstream, id }))
  await using gateway = await startGateway(tableWith(addresses, true))
  const answers = await Promise.all([fetch(gateway.url), fetch(gateway.url)])
  await Promise.all(answers.map((answer) => answer.text()))
  isGoing = true
  assert.equal((await fetch(gateway.url)).status, 200)
})
