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
  for (const path of ['/', '/administrators', '/x/admin', '/administrators.json', '/.admin', '/x.admin'])
    assert.ok(isOpen('GET', path), path)
})

void test('another method or path in a header needs what that one needs', () => {
  for (const name of ['X-HTTP-Method-Override', 'X-HTTP-Method', 'x-method-override'])
    assert.equal(isOpen('POST', '/items/1', name, 'delete'), false, name)
  for (const name of ['X-Original-URL', 'X-Rewrite-Url'])
    assert.equal(isOpen('GET', '/', name, '/admin/users?a=b'), false, name)
  assert.ok(isOpen('POST', '/items/1', 'X-HTTP-Method-Override', 'PUT', 'X-Original-URL', '/items'))
})

void test('a format at the end of a path does not make it another one', () => {
  for (const path of ['/Admin.json', '/admin.XML', '/admin.', '/admin%2ejson', '/admin.json?a=b', '/admin.json;a=b'])
    assert.equal(isOpen('GET', path), false, path)
  assert.equal(isOpen('DELETE', '/items.json'), false)
  for (const path of ['/admin.json.d', '/admin.2', '/admin.json/x', '/admins.json'])
    assert.ok(isOpen('GET', path), path)
})

void test('another method in the query needs what that one needs', () => {
  for (const query of [
    '_method=DELETE',
    'a=b&_method=delete',
    '%5Fmethod=delete',
    '_method=PUT&_method=+Delete',
    '+_method=DELETE',
    '.method=DELETE',
    '%5bmethod=DELETE',
    '_method%00x=DELETE',
  ])
    assert.equal(isOpen('POST', `/items/1?${query}`), false, query)
  for (const query of ['_method=PUT', 'method=delete', 'q=_method', 'x_method=delete'])
    assert.ok(isOpen('POST', `/items/1?${query}`), query)
})
