import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { IdentityPolicy } from '../policy.ts'
import type { GuardRequest } from '../request.ts'
import { keyRing, newApiKey, parseApiKeys } from './api-keys.ts'
import { createIdentity } from './identity.ts'
import type { Identified } from './identity.ts'

const admin = newApiKey({ id: 'boss', scopes: [], roles: ['admin'], expiresMs: null })
const user = newApiKey({ id: 'user', scopes: [], roles: [], expiresMs: null })
const old = newApiKey({ id: 'old', scopes: [], roles: [], expiresMs: 1 })
const keys = keyRing(parseApiKeys([admin.line, user.line, old.line].join('\n')))
const policy: IdentityPolicy = {
  secretsFile: null,
  keys: true,
  jwt: null,
  protect: [
    { host: null, method: null, path: '/api/private' },
    { host: null, method: 'POST', path: '/api/things' },
  ],
  admin: { routes: [{ host: null, method: null, path: '/admin' }], from: ['10.0.0.0/8', '::1'], role: 'admin' },
}
const identity = createIdentity(policy, { keys, tokens: null, now: () => 1000 })

function request(
  target: string,
  {
    key,
    method = 'GET',
    client = '10.1.2.3',
    bearer,
  }: { key?: string; bearer?: string; method?: string; client?: string } = {},
): GuardRequest {
  const headers = [
    ...(key === undefined ? [] : ['x-api-key', key]),
    ...(bearer === undefined ? [] : ['Authorization', `Bearer ${bearer}`]),
  ]
  return { method, target, client, headers, host: 'a' }
}

function verdict(asked: GuardRequest): number {
  const authorised = identity.authorise(asked, identity.identify(asked) as Identified)
  return authorised.kind === 'granted' ? 200 : authorised.status
}

void test('what is protected needs a credential that counts', () => {
  assert.equal(verdict(request('/api/private')), 401)
  assert.equal(verdict(request('/api/private/x?a=1', { key: user.key })), 200)
  assert.equal(verdict(request('/api/private', { bearer: user.key })), 200)
  assert.equal(verdict(request('/api/private', { key: 'wrong' })), 401)
  assert.equal(verdict(request('/api/private', { key: old.key })), 401)
  assert.equal(verdict(request('/api/private', { key: user.key, bearer: admin.key })), 401)
  assert.equal(verdict(request('/api/public', { key: 'wrong' })), 200)
  assert.equal(verdict(request('/api/things')), 200)
  assert.equal(verdict(request('/api/things', { method: 'POST' })), 401)
})

for (const spelling of [
  '/api/%70rivate',
  '/api/x/../private',
  '/api//private',
  '/api/./private',
  '/api%2fprivate',
  '/api/%2570rivate',
  '/api\\private',
  '/api/private;a=b/x',
  '/api;v=1/private',
  '/API/Private',
  '/api/private%00',
  '/api/%2e%2e/api/private',
]) {
  void test(`no other spelling gets in: ${spelling}`, () => {
    assert.equal(verdict(request(spelling)), spelling.endsWith('%00') ? 200 : 401)
  })
}

void test('administrators: the network first, then the role', () => {
  assert.equal(verdict(request('/admin', { client: '192.0.2.1', key: admin.key })), 403)
  assert.equal(verdict(request('/admin', { client: '::1', key: admin.key })), 200)
  assert.equal(verdict(request('/admin/x', { key: user.key })), 403)
  assert.equal(verdict(request('/admin')), 401)
  assert.equal(verdict(request('/admin', { key: admin.key })), 200)
  assert.equal(verdict(request('/%61dmin', { client: '192.0.2.1', key: admin.key })), 403)
})

void test('HEAD needs what GET needs', () => {
  const strict = createIdentity(
    { ...policy, protect: [{ host: null, method: 'GET', path: '/x' }] },
    { keys, tokens: null, now: () => 0 },
  )
  const asked = request('/x', { method: 'HEAD' })
  assert.equal(strict.authorise(asked, strict.identify(asked) as Identified).kind, 'refused')
})
