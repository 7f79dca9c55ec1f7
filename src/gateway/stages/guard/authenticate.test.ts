import assert from 'node:assert/strict'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { newApiKey } from '../../../guard/identity/api-keys.ts'
import type { IdentityPolicy } from '../../../guard/policy.ts'
import { startGateway, startUpstream, tableOf, throwawayFolder } from '../../testing.ts'
import { policyOf } from '../../testing-guard.ts'

const user = newApiKey({ id: 'user', scopes: [], roles: [], expiresMs: null })

function identityOf(parts: Partial<IdentityPolicy> = {}): IdentityPolicy {
  const protect = [{ host: null, method: null, path: '/private' }]
  return { secretsFile: null, keys: true, jwt: null, protect, admin: null, ...parts }
}

function secretsFile(content: unknown): { readonly path: string } & Disposable {
  const folder = throwawayFolder()
  const path = join(folder, 'guard.json')
  writeFileSync(path, JSON.stringify(content))
  return { path, [Symbol.dispose]: () => rmSync(folder, { recursive: true }) }
}

void test('what is protected: 401 with a challenge, until the key is right', async () => {
  using file = secretsFile({ keys: user.line })
  await using upstream = await startUpstream()
  const guard = policyOf({ identity: identityOf({ secretsFile: file.path }) })
  await using gateway = await startGateway(tableOf([upstream.upstream], { guard }))
  const ask = (path: string, key?: string): Promise<Response> =>
    fetch(gateway.url + path, key === undefined ? {} : { headers: { 'X-API-Key': key } })

  const without = await ask('/private')
  assert.equal(without.status, 401)
  assert.equal(without.headers.get('www-authenticate'), 'Bearer')
  const wrong = await ask('/private', 'wrong')
  assert.equal(wrong.headers.get('www-authenticate'), 'Bearer error="invalid_token"')
  assert.equal((await ask('/%70rivate')).status, 401)
  assert.equal(upstream.requests.length, 0)
  assert.equal((await ask('/private', user.key)).status, 200)
  assert.equal((await ask('/public', 'wrong')).status, 200)
})

void test('after ten wrong keys the right one is not listened to, elsewhere nothing changes', async () => {
  using file = secretsFile({ keys: user.line })
  await using upstream = await startUpstream()
  const guard = policyOf({ identity: identityOf({ secretsFile: file.path }) })
  await using gateway = await startGateway(tableOf([upstream.upstream], { guard }))
  const ask = (path: string, key: string): Promise<Response> =>
    fetch(gateway.url + path, { headers: { 'X-API-Key': key } })
  for (let index = 0; index < 10; index++) assert.equal((await ask('/private', `wrong-${index}`)).status, 401)
  const locked = await ask('/private', user.key)
  assert.equal(locked.status, 429)
  assert.ok(Number(locked.headers.get('retry-after')) > 890)
  assert.equal((await ask('/public', user.key)).status, 200)
  assert.equal(upstream.requests.length, 1)
})

void test('without its secrets the gateway keeps closed what is protected', async () => {
  await using upstream = await startUpstream()
  const guard = policyOf({ identity: identityOf({ secretsFile: '/nowhere/guard.json' }) })
  await using gateway = await startGateway(tableOf([upstream.upstream], { guard }))
  const closed = await fetch(`${gateway.url}/private`, { headers: { 'X-API-Key': user.key } })
  assert.equal(closed.status, 503)
  assert.equal((await fetch(`${gateway.url}/public`)).status, 200)
})

void test("the app's own 401s lock an address out of its login", async () => {
  await using upstream = await startUpstream('1', (request, response) => {
    request.resume()
    response.writeHead(request.headers['x-password'] === 'right' ? 200 : 401).end()
  })
  await using gateway = await startGateway(
    tableOf([upstream.upstream], { guard: policyOf({ lockout: { after: 3, withinMs: 60_000, forMs: 60_000 } }) }),
  )
  const login = (password: string): Promise<Response> =>
    fetch(`${gateway.url}/login`, { method: 'POST', body: 'user=anna', headers: { 'x-password': password } })
  for (let index = 0; index < 3; index++) assert.equal((await login('wrong')).status, 401)
  assert.equal((await login('right')).status, 429)
  assert.equal(upstream.requests.length, 3)
  assert.equal((await fetch(`${gateway.url}/login`)).status, 401, 'reading is not trying')
  assert.equal(
    (await fetch(`${gateway.url}/other`, { method: 'POST', headers: { 'x-password': 'right' } })).status,
    200,
  )
})
