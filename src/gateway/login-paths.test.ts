import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createLoginPaths } from './login-paths.ts'
import { policyOf } from './testing-guard.ts'
import { rawConnection, startGateway, startUpstream, tableOf, until } from './testing.ts'

const SPELLINGS = [
  '//login',
  '/./login',
  '/a/../login',
  '/Login',
  '/login/',
  '/login.json',
  '/login;a=b',
  '/%6cogin',
  '/%256cogin',
  '/x%2f..%2flogin',
]

void test('a login is known in every spelling of its path', () => {
  const paths = createLoginPaths()
  paths.add('/login')
  for (const path of SPELLINGS) assert.ok(paths.has(path), path)
  for (const path of ['/', '/log', '/login/a', '/a/login']) assert.equal(paths.has(path), false, path)
})

void test('a login that is asked for stays while others come and go, and no more are kept than may be', () => {
  const paths = createLoginPaths()
  paths.add('/login')
  paths.add('/left')
  for (let number = 0; number < 2_000; number++) {
    assert.ok(paths.has('/login'))
    paths.add(`/a${number}`)
  }
  assert.equal(paths.has('/left'), false)
})

void test('who is locked out of a login gains no guess by spelling its path otherwise', async () => {
  await using upstream = await startUpstream('1', (request, response) => {
    request.resume()
    response.writeHead(401).end()
  })
  const lockout = { after: 3, withinMs: 300_000, forMs: 900_000 }
  await using gateway = await startGateway(tableOf([upstream.upstream], { guard: policyOf({ lockout }) }))
  const body = '{"username":"ada","password":"x"}'
  for (const path of ['/login', '/login', '/login', ...SPELLINGS]) {
    using client = rawConnection(
      gateway.port,
      `POST ${path} HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    )
    await until(() => client.text.includes('\r\n\r\n'))
    assert.match(client.text, path === '/login' ? /^HTTP\/1\.1 401 / : /^HTTP\/1\.1 429 /, path)
  }
  assert.equal(upstream.requests.length, 3)
})
