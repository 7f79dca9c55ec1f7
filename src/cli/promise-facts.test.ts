import assert from 'node:assert/strict'
import { mkdtempDisposableSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { Problem } from '../core/problem.ts'
import { appWith } from '../promises/testing.ts'
import { factsOf, mustBeFeasible } from './promise-facts.ts'

const at = '2026-11-20T10:00:00.000Z'

void test('of several measurements of a service the lowest counts, and what is none does not', () => {
  using folder = mkdtempDisposableSync(join(tmpdir(), 'seaworthy-facts-'))
  assert.deepEqual(factsOf(folder.path).capacity, {}, 'nothing was measured')
  const found = (service: string | null, perSecond: number) => ({ service, at, outcome: { kind: 'found', perSecond } })
  const entries = {
    'api GET /': found('api', 300),
    'api POST /': found('api', 80),
    'gateway GET /': found(null, 20),
    'web GET /': { service: 'web', at, outcome: { kind: 'too-slow', perSecond: 1 } },
    'worker GET /': found('worker', 0),
    odd: 7,
  }
  writeFileSync(join(folder.path, 'capacity.json'), JSON.stringify(entries))
  assert.deepEqual(factsOf(folder.path).capacity, { api: { perSecond: 80, at } })
  for (const spoilt of ['{', 'null', '[]', '"x"']) {
    writeFileSync(join(folder.path, 'capacity.json'), spoilt)
    assert.deepEqual(factsOf(folder.path).capacity, {}, spoilt)
  }
})

void test('a refusal carries all of its arithmetic', () => {
  const app = appWith({
    trade: { on: { service: 'api' }, availability: '99.99%' },
    operate: { on: 'operate', detect: '1s' },
  })
  assert.throws(
    () => mustBeFeasible(app, '/nowhere'),
    (error) => {
      assert.ok(error instanceof Problem)
      assert.deepEqual([error.code, error.message], ['promise.infeasible', '3 promises of shop cannot be kept'])
      assert.equal(error.details.filter((line) => line.startsWith('  or: ')).length > 2, true)
      return true
    },
  )
  mustBeFeasible(appWith({ trade: { on: { service: 'api' }, availability: '99.9%' } }), '/nowhere')
})
