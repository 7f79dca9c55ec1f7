import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createIdentity } from './identity.ts'

const identity = createIdentity(
  {
    secretsFile: null,
    keys: false,
    jwt: null,
    protect: [
      { host: null, method: null, path: '/Admin' },
      { host: null, method: 'DELETE', path: '/items' },
    ],
    admin: null,
  },
  { keys: null, tokens: null, now: () => 0 },
)

function isOpen(method: string, target: string, ...headers: string[]): boolean {
  const request = { method, target, client: '192.0.2.7', headers, host: 'a' }
  return identity.authorise(request, { principal: null, shown: false, fault: null }).kind === 'granted'
}

void test('a router that keeps dot segments, or ignores case, reaches nothing that is protected', () => {
  for (const path of [
    '/Admin',
    '/admin',
    '/ADMIN',
    '/Admin/..',
    '/admin/../',
    '/Admin/users/../..',
    '/admin/%2e%2e',
    '/x/../Admin',
  ])
    assert.equal(isOpen('GET', path), false, path)
  for (const path of ['/', '/administrators', '/x/admin']) assert.ok(isOpen('GET', path), path)
})

void test('another method or path in a header needs what that one needs', () => {
  for (const name of ['X-HTTP-Method-Override', 'X-HTTP-Method', 'x-method-override'])
    assert.equal(isOpen('POST', '/items/1', name, 'delete'), false, name)
  for (const name of ['X-Original-URL', 'X-Rewrite-Url'])
    assert.equal(isOpen('GET', '/', name, '/admin/users?a=b'), false, name)
  assert.ok(isOpen('POST', '/items/1', 'X-HTTP-Method-Override', 'PUT', 'X-Original-URL', '/items'))
})
