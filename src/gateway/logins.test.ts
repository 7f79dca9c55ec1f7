import assert from 'node:assert/strict'
import { test } from 'node:test'
import { policyOf } from './testing-guard.ts'
import { startGateway, startUpstream, statusInTwo, tableOf } from './testing.ts'

void test('an account is locked whatever else a login names, and however long it is', async () => {
  await using upstream = await startUpstream('1', (request, response) => {
    request.resume()
    response.writeHead(401).end()
  })
  const lockout = { after: 3, withinMs: 300_000, forMs: 900_000 }
  const guard = policyOf({ threats: 'block', lockout })
  await using gateway = await startGateway(tableOf([upstream.upstream], { guard, trustedProxies: ['127.0.0.1'] }))
  const bodies = {
    decoy: (nth: number) => JSON.stringify({ username: `other-${nth}`, email: 'ada@example.com', password: 'x' }),
    padded: () => JSON.stringify({ email: 'bob@example.com', password: 'x' }) + ' '.repeat(20_000),
  }
  for (const [name, bodyOf] of Object.entries(bodies)) {
    const seen: number[] = []
    for (let nth = 0; nth < 5; nth++) {
      const headers = {
        'Content-Type': 'application/json',
        'X-Forwarded-For': `${name === 'decoy' ? 198 : 203}.51.100.${nth}`,
      }
      const sent = await fetch(`${gateway.url}/login`, { method: 'POST', headers, body: bodyOf(nth) })
      seen.push(sent.status)
    }
    assert.deepEqual(seen, [401, 401, 401, 429, 429], name)
  }
})

void test('with threats off an account is locked as well, its name in a packet of its own', async () => {
  await using upstream = await startUpstream('1', (request, response) => {
    request.resume().on('end', () => response.writeHead(401).end())
  })
  const lockout = { after: 3, withinMs: 300_000, forMs: 900_000 }
  const guard = policyOf({ threats: 'off', lockout })
  await using gateway = await startGateway(tableOf([upstream.upstream], { guard, trustedProxies: ['127.0.0.1'] }))
  const body = '{"email":"ada@example.com","password":"x"}'
  const seen: string[] = []
  for (let nth = 0; nth < 6; nth++) {
    const head = `POST /login HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 198.51.100.${nth}\r\nContent-Type: application/json\r\n`
    seen.push(await statusInTwo(gateway.port, head, body))
  }
  // The first failure tells that this is a login; from then on its body is waited for.
  assert.deepEqual(seen, ['401', '401', '401', '401', '429', '429'])
})
