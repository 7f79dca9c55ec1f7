import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { createFleet } from './admin/fleet.ts'
import { limitOf, policyOf } from './testing-guard.ts'
import { startGateway, startUpstream, tableOf, until } from './testing.ts'

void test('what a limit refuses, and which logins fail, is counted for the service it was for', async (t) => {
  await using upstream = await startUpstream('1', (request, response) => {
    request.resume()
    response.writeHead(401).end()
  })
  const guard = policyOf({ limits: [limitOf({ count: 2, on: { host: null, method: 'GET', path: '/' } })] })
  const routes = [{ host: null, path: '/api', service: 'api' }]
  await using gateway = await startGateway(tableOf([upstream.upstream], { guard, routes }))
  const fleet = await createFleet({
    socketPath: join(gateway.state, 'gateway.sock'),
    expected: () => Promise.resolve([]),
    kill: () => Promise.resolve(),
  })
  t.after(() => fleet.close())
  await until(() => fleet.workers().length === 1)
  assert.equal((await fleet.report()).refused, undefined)
  for (let nth = 0; nth < 3; nth++)
    await (
      await fetch(`${gateway.url}/api/login`, {
        method: 'POST',
        body: 'x=1',
        headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
      })
    ).text()
  const statuses: number[] = []
  for (const path of ['/api', '/api', '/api', '/%61pi/x', '/elsewhere'])
    statuses.push((await fetch(gateway.url + path)).status)
  assert.deepEqual(statuses.slice(2), [429, 429, 429])
  await until(async () => (await fleet.report()).refused?.limited[''] === 1)
  const { refused } = await fleet.report()
  assert.deepEqual(refused, { limited: { api: 2, '': 1 }, failedLogins: { api: 3 } })
})
