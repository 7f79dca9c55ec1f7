import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Problem } from '../core/problem.ts'
import { createGuard, newApiKey } from './index.ts'
import type { GuardRequest, GuardVerdict } from './index.ts'

const attack: GuardRequest = {
  method: 'GET',
  target: '/files?name=../../../../etc/passwd',
  client: '192.0.2.7',
  headers: ['Host', 'a'],
  host: 'a',
}

test('a guard alone judges heads and bodies without a gateway', () => {
  const { inspect } = createGuard()
  const head = inspect.head(attack)
  assert.equal(head.refused, true)
  assert.equal(head.class, 'path-traversal')
  assert.deepEqual(
    head.evidence.slice(0, 1).map(({ location, name, excerpt }) => ({ location, name, excerpt })),
    [{ location: 'query', name: 'name', excerpt: '../../../../etc/passwd' }],
  )

  const post: GuardRequest = {
    ...attack,
    method: 'POST',
    target: '/files',
    headers: ['Host', 'a', 'Content-Type', 'application/json'],
  }
  assert.equal(inspect.head(post).score, 0)
  const body = inspect.body(post)!
  assert.equal(body.push(Buffer.from('{"path": "../../../')).refused, false)
  body.push(Buffer.from('../etc/passwd"}'))
  const whole = body.end()
  assert.equal(whole.refused, true)
  assert.equal(whole.evidence[0]!.name, 'path')
})

test('monitor judges the same and refuses nothing; off does not look', () => {
  const monitored = createGuard({ threats: 'monitor' }).inspect.head(attack)
  assert.deepEqual([monitored.attack, monitored.told, monitored.refused], [true, true, false])
  const off = createGuard({ threats: 'off' }).inspect
  assert.equal(off.head(attack).score, 0)
  assert.equal(off.body(attack), null)
})

test('a route has its own mode, and a path that readers may take differently has the strictest', () => {
  const routes = [{ host: null, method: null, path: '/files', threats: 'off' as const }]
  const { inspect } = createGuard({ routes })
  assert.equal(inspect.head(attack).refused, false)
  assert.equal(inspect.head({ ...attack, target: attack.target.replace('/files', '/other') }).refused, true)
  assert.equal(inspect.head({ ...attack, target: attack.target.replace('/files', '/files/..%2fadmin') }).refused, true)
})

test('an exception holds for its class, place and route alone', () => {
  const at = (place: string, name = 'path-traversal'): boolean =>
    createGuard({ exceptions: [{ class: name, at: place, why: 'a file browser' }] }).inspect.head(attack).refused
  assert.equal(at('/files query:name'), false)
  assert.equal(at('GET /files'), false)
  assert.equal(at('query:*', '*'), false)
  assert.equal(at('/files query:other'), true)
  assert.equal(at('/files form:name'), true)
  assert.equal(at('POST /files query:name'), true)
  assert.equal(at('/file query:name'), true)
  assert.equal(at('query:name', 'sqli'), true)
})

test('wrong exceptions are reported all at once', () => {
  const exceptions = [
    { class: 'sqli', at: 'POST json', why: '' },
    { class: 'nothing', at: '/x', why: '' },
    { class: '*', at: 'POST', why: '' },
    { class: 'xss', at: '/a b:c', why: '' },
    { class: 'xss', at: '/a query:', why: '' },
    { class: 'xss', at: '/a query:b more', why: '' },
  ]
  assert.throws(
    () => createGuard({ exceptions }),
    (error) => error instanceof Problem && error.code === 'guard.bad-exception' && error.details.length === 5,
  )
})

test('the whole guard alone: blocks, limits, credentials and attacks in their order', async () => {
  const key = newApiKey({ id: 'ci', scopes: [], roles: [], expiresMs: null })
  const guard = createGuard({
    limits: [{ count: 3, perMs: 3_600_000 }],
    identity: { keys: key.line, protect: [{ host: null, method: null, path: '/private' }] },
    block: ['203.0.113.0/24'],
  })
  const ask = (client: string, target: string, headers: readonly string[] = []): Promise<GuardVerdict> =>
    guard.judge({ method: 'GET', target, client, host: 'a', headers: ['Host', 'a', ...headers] })

  assert.equal((await ask('203.0.113.9', '/')).status, 403)
  const open = await ask('192.0.2.1', '/')
  assert.equal(open.status, null)
  assert.deepEqual(open.headers.slice(0, 4), ['X-RateLimit-Limit', '3', 'X-RateLimit-Remaining', '2'])
  const closed = await ask('192.0.2.1', '/private')
  assert.deepEqual([closed.status, closed.headers.slice(-2)], [401, ['WWW-Authenticate', 'Bearer']])
  const granted = await ask('192.0.2.1', '/private', ['X-API-Key', key.key])
  assert.deepEqual([granted.status, granted.principal?.id], [null, 'ci'])
  const over = await ask('192.0.2.1', '/')
  assert.equal(over.status, 429)
  assert.ok(over.headers.includes('Retry-After'))
  guard.close()
})

test('who goes on attacking is blocked, by what its requests were', async () => {
  const guard = createGuard()
  let last: GuardVerdict | null = null
  for (let nth = 0; nth < 20; nth++) last = await guard.judge(attack)
  assert.equal(last!.status, 403)
  assert.equal((await guard.judge({ ...attack, target: '/' })).status, 403)
  assert.equal((await guard.judge({ ...attack, target: '/', client: '192.0.2.8' })).status, null)
  const post = {
    ...attack,
    method: 'POST',
    target: '/',
    client: '192.0.2.8',
    headers: ['Host', 'a', 'Content-Type', 'application/json'],
  }
  const judged = await guard.judge(post, Buffer.from('{"a": "../../../../etc/passwd"}'))
  assert.deepEqual([judged.status, judged.threat.class], [403, 'path-traversal'])
})
