import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { GuardPolicy } from '../../guard/policy.ts'
import { tryRequest, type Known, type TriedRequest, type TriedVerdict } from './check.ts'

const policy: GuardPolicy = {
  threats: 'block',
  routes: [{ host: null, method: null, path: '/notes', threats: 'monitor' }],
  exceptions: [],
  limits: [
    {
      id: 'login',
      per: 'client',
      on: { host: null, method: 'POST', path: '/login' },
      count: 5,
      perMs: 300_000,
      burst: 5,
      cost: 1,
      whenStoreIsLost: 'local',
    },
  ],
  probes: ['/health/readiness'],
  workers: 1,
  connectionsPerClient: null,
  identity: {
    secretsFile: null,
    keys: false,
    jwt: null,
    protect: [{ host: null, method: null, path: '/admin' }],
    admin: null,
  },
  lockout: { after: 10, withinMs: 1, forMs: 1 },
  block: [],
  allow: [],
  feeds: [],
  headers: {},
  cors: null,
}
const known: Known = { refusalOf: () => null, risk: 0, limits: () => Promise.resolve([]) }
const ask = (request: Partial<TriedRequest>, more: Partial<Known> = {}): Promise<TriedVerdict> =>
  tryRequest(
    policy,
    { method: 'GET', target: '/', headers: ['Host', 'shop.example'], client: '192.0.2.1', body: null, ...request },
    { ...known, ...more },
  )
const saysOf = ({ steps }: TriedVerdict, part: string): string => steps.find((step) => step.part === part)!.says
const INJECTION = `/search?q=${encodeURIComponent("1' OR '1'='1")}`

test('a harmless request goes on, and every part says why', async () => {
  const verdict = await ask({})
  assert.equal(verdict.status, null)
  assert.deepEqual(
    verdict.steps.map(({ part, status }) => [part, status]),
    [
      ['reputation', null],
      ['limits', null],
      ['identity', null],
      ['threats', null],
    ],
  )
  assert.equal(saysOf(verdict, 'limits'), 'no limit counts it')
})

test('an attack is refused with its evidence, in the query and in a body; where it is monitored it goes on', async () => {
  const refused = await ask({ target: INJECTION })
  assert.deepEqual([refused.status, refused.evidence[0]?.class, refused.evidence[0]?.location], [403, 'sqli', 'query'])
  assert.ok(refused.score >= refused.blockAt)
  const body = Buffer.from(JSON.stringify({ q: "1' OR '1'='1" })).toString('base64')
  const headers = ['Host', 'shop.example', 'content-type', 'application/json']
  const inBody = await ask({ method: 'POST', headers, body })
  assert.deepEqual([inBody.status, inBody.evidence[0]?.location], [403, 'json'])
  const monitored = await ask({ target: INJECTION.replace('/search', '/notes') })
  assert.equal(monitored.status, null)
  assert.match(saysOf(monitored, 'threats'), /the mode is monitor$/)
})

test('the first part that refuses gives the status, and those behind it are asked all the same', async () => {
  const refusalOf: Known['refusalOf'] = () => ({ source: 'manual', reason: 'test', untilMs: null })
  const limits: Known['limits'] = () =>
    Promise.resolve([{ id: 'login', per: 'client', on: null, limit: 5, remaining: 0, resetMs: 1 }])
  const login = { method: 'POST', target: '/login?next=/admin' }
  assert.equal((await ask(login, { limits })).status, 429)
  const both = await ask(login, { limits, refusalOf })
  assert.deepEqual(
    both.steps.map(({ status }) => status),
    [403, 429, null, null],
  )
  assert.equal((await ask({ target: '/admin/x' })).status, 401)
  assert.equal((await ask({ target: '/login' }, { limits })).status, null)
})

test('without an environment what is not known is said to be so', async () => {
  const verdict = await ask({ method: 'POST', target: '/login' }, { refusalOf: null, limits: null })
  assert.match(saysOf(verdict, 'reputation'), /not known/)
  assert.equal(saysOf(verdict, 'limits'), 'counted by: 5 in 300 s per client')
})
