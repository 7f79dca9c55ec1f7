import assert from 'node:assert/strict'
import { test } from 'node:test'
import { judgeCors, withoutWildcardCredentials } from './cors.ts'
import type { CorsRequest } from './cors.ts'

const policy = { origins: ['https://app.example.com'], credentials: true }
const friend = 'https://app.example.com'
const stranger = 'https://evil.example'

function request(parts: Partial<CorsRequest>): CorsRequest {
  return {
    method: 'GET',
    origin: undefined,
    scheme: 'https',
    authority: 'api.example.com',
    requestMethod: undefined,
    requestHeaders: undefined,
    ...parts,
  }
}

void test('without an Origin, or with its own, nothing is said', () => {
  assert.deepEqual(judgeCors(policy, request({ method: 'POST' })), { kind: 'none' })
  assert.deepEqual(judgeCors(policy, request({ method: 'POST', origin: 'https://API.example.com' })), { kind: 'none' })
})

void test('the same host over another scheme is another origin', () => {
  assert.equal(judgeCors(policy, request({ method: 'POST', origin: 'http://api.example.com' })).kind, 'refuse')
})

void test('a named origin may read, with credentials', () => {
  assert.deepEqual(judgeCors(policy, request({ method: 'POST', origin: friend })), {
    kind: 'allow',
    headers: ['Access-Control-Allow-Origin', friend, 'Access-Control-Allow-Credentials', 'true', 'Vary', 'Origin'],
  })
})

void test('a preflight of a named origin is answered, of a stranger refused', () => {
  const preflight = request({ method: 'OPTIONS', origin: friend, requestMethod: 'PUT', requestHeaders: 'x-a, x-b' })
  const verdict = judgeCors(policy, preflight)
  assert.equal(verdict.kind, 'preflight')
  assert.ok(verdict.kind === 'preflight' && verdict.headers.join('|').includes('Access-Control-Allow-Headers|x-a, x-b'))
  assert.equal(judgeCors(policy, { ...preflight, origin: stranger }).kind, 'refuse')
  const odd = judgeCors(policy, { ...preflight, requestHeaders: 'x: a\r\nb' })
  assert.ok(odd.kind === 'preflight' && !odd.headers.includes('Access-Control-Allow-Headers'))
})

void test("a stranger's change of state is refused, its reading gets no permission but a Vary", () => {
  assert.equal(judgeCors(policy, request({ method: 'POST', origin: stranger })).kind, 'refuse')
  assert.equal(judgeCors(policy, request({ method: 'POST', origin: 'null' })).kind, 'refuse')
  assert.deepEqual(judgeCors(policy, request({ origin: stranger })), { kind: 'allow', headers: ['Vary', 'Origin'] })
})

void test("'*' never comes with credentials", () => {
  const verdict = judgeCors({ origins: ['*'], credentials: true }, request({ origin: stranger }))
  assert.deepEqual(verdict, { kind: 'allow', headers: ['Access-Control-Allow-Origin', '*'] })
  const own = ['Access-Control-Allow-Credentials', 'true', 'access-control-allow-origin', ' * ', 'X-A', '1']
  withoutWildcardCredentials(own)
  assert.deepEqual(own, ['access-control-allow-origin', ' * ', 'X-A', '1'])
  const named = ['Access-Control-Allow-Origin', friend, 'Access-Control-Allow-Credentials', 'true']
  withoutWildcardCredentials(named)
  assert.equal(named.length, 4)
})
