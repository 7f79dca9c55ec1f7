import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createRouter } from './router.ts'

const router = createRouter(
  [
    { host: null, path: '/', service: 'web' },
    { host: null, path: '/api', service: 'api' },
    { host: null, path: '/api/admin/', service: 'admin' },
    { host: 'Docs.example.com', path: '/', service: 'docs' },
  ],
  [
    { host: null, method: null, path: '/api', timeoutMs: 1 },
    { host: null, method: 'POST', path: '/api', timeoutMs: 2 },
    { host: null, method: null, path: '/api/slow', timeoutMs: 3 },
  ],
)

const cases: readonly [host: string, path: string, service: string][] = [
  ['a', '/', 'web'],
  ['a', '/api', 'api'],
  ['a', '/api/', 'api'],
  ['a', '/api/x', 'api'],
  ['a', '/apix', 'web'],
  ['a', '/api/admin', 'admin'],
  ['a', '/api/admin/x', 'admin'],
  ['a', '/api/administrator', 'api'],
  ['docs.example.com', '/api', 'docs'],
  ['a', '/%61pi/x', 'api'],
  ['a', '//api//x', 'api'],
  ['a', '/web/../api/x', 'api'],
  ['a', '/web/%2e%2E/api', 'api'],
  ['a', '/api/../../..', 'web'],
  ['a', '/api%2Fadmin', 'web'],
]
for (const [host, path, service] of cases) {
  void test(`router sends ${host}${path} to ${service}`, () => {
    assert.equal(router.route(host, path)?.service, service)
  })
}

void test('router finds nothing where no prefix fits', () => {
  assert.equal(createRouter([{ host: null, path: '/api', service: 'api' }], []).route('a', '/other'), null)
})

void test('router takes the options of the longest prefix, and of the method before those of any', () => {
  assert.equal(router.options('a', 'GET', '/api/x')?.timeoutMs, 1)
  assert.equal(router.options('a', 'POST', '/api/x')?.timeoutMs, 2)
  assert.equal(router.options('a', 'POST', '/api/slow/x')?.timeoutMs, 3)
  assert.equal(router.options('a', 'GET', '/'), null)
})
