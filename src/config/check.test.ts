import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkConfig } from './index.ts'
import type { Json } from './plain.ts'
import { Problem } from '../core/problem.ts'

function detailsOf(raw: Json): readonly string[] {
  try {
    checkConfig(raw, '/app/seaworthy.config.ts')
    return []
  } catch (thrown) {
    assert.ok(thrown instanceof Problem)
    return thrown.details
  }
}

const local = { local: { target: 'process' } }

test('a broken value hides no other problem', () => {
  const details = detailsOf({
    name: 'No',
    services: {
      api: { start: 'a', routes: ['/x'], grace: 1, uses: { db: 'required' } },
      b: { start: 'b', routes: ['/x'] },
    },
    environments: { local: { target: 'lokal' } },
  })
  assert.deepEqual(
    details.map((line) => line.split(':')[0]),
    ['name', 'services.api.grace', 'environments.local.target', 'services.api.uses.db', 'services.b.routes[0]'],
  )
})

test('a broken value makes no false problem of what depends on it', () => {
  const details = detailsOf({
    name: 'shop',
    needs: { db: { kind: 'postgress' } },
    services: {
      api: { start: `'`, routes: ['x'], uses: { db: 'required' } },
      web: { static: 'web', rotues: ['/'] },
    },
    gateway: { routes: { '/api': {} } },
    promises: { p: { on: { service: 'api', route: '/api' } }, q: { on: 'db', rpo: '1h' } },
    environments: { local: { target: 'process', smoke: [{ request: 'GET /api' }] } },
  })
  assert.deepEqual(
    details.map((line) => line.split(':')[0]),
    ['needs.db.kind', 'services.api.start', 'services.api.routes[0]', 'services.web.rotues'],
  )
})

test('a broken element does not shift the index of the others', () => {
  const details = detailsOf({
    name: 'shop',
    services: { api: { start: 'a', routes: ['bad', '/a', '/a'] } },
    environments: local,
  })
  assert.deepEqual(details.length, 1)
})

test('no more than a hundred lines are listed, and the rest is counted', () => {
  const services = Object.fromEntries(Array.from({ length: 150 }, (_, index) => [`s${index}`, { start: '' }]))
  const details = detailsOf({ name: 'shop', services, environments: local })
  assert.equal(details.length, 101)
  assert.equal(details.at(-1), 'and 50 more')
})

test('whatever stands where an object should be is a problem, not a crash', () => {
  for (const wrong of [null, 1, 'x', true, [], [[]]] as Json[]) {
    for (const key of ['services', 'environments', 'needs', 'gateway', 'guard', 'promises', 'backups', 'alerts']) {
      const raw = { name: 'shop', services: { api: { start: 'a' } }, environments: local, [key]: wrong }
      assert.ok(detailsOf(raw)[0]?.startsWith(`${key}: got `), `${key} ${JSON.stringify(wrong)}`)
    }
    assert.notDeepEqual(detailsOf(wrong), [])
  }
})
