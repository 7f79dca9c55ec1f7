import assert from 'node:assert/strict'
import { test } from 'node:test'
import { policyOf } from './testing-guard.ts'
import { startGateway, startUpstream, tableOf } from './testing.ts'

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
