import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inputFor, METHODS } from '../../../test/seeded/inputs.ts'
import { randomFrom } from '../../../test/seeded/random.ts'
import { appAt, APPS } from '../../../test/support/monitoring.ts'
import { Problem } from '../../core/problem.ts'
import { checkInput } from './check-input.ts'

function refusal(method: string, input: unknown): Problem | null {
  try {
    checkInput(method, input)
    return null
  } catch (error) {
    assert.ok(error instanceof Problem, String(error))
    assert.equal(error.code, 'api.wrong-input')
    return error
  }
}

void test('every wrong field is told by its path, all at once', () => {
  const details = (method: string, input: unknown) => refusal(method, input)?.details ?? []
  assert.deepEqual(details('events', { after: '0', limit: null }), [
    'after: got "0", expected a number',
    'limit: got null, expected a number',
  ])
  assert.deepEqual(details('alerts.silence', { matchers: [{ label: 3, op: '==', value: 'x' }], forMs: 1, by: 'eve' }), [
    'reason: is missing; expected a string',
    'matchers[0].label: got 3, expected a string',
    'matchers[0].op: got "==", expected "!=", "!~", "=", "=~"',
  ])
  assert.deepEqual(details('service.scale', { counts: { api: 'many', web: null, worker: 3 }, by: [] }), [
    'counts.api: got "many", expected null or a number',
    'by: got [], expected a string',
  ])
  assert.deepEqual(details('status', null), ['the input: got null, expected an object'])
  assert.deepEqual(details('events', JSON.parse('{"after": 1e999, "limit": 1}')), ['after: is too large'])
  assert.deepEqual(details('lease.acquire', { holder: 'x', reason: 'y', process: { pid: 'one' } }).slice(-1), [
    'process.pid: got "one", expected a number',
  ])
})

void test('what fits the contract passes, with whatever a later version adds', () => {
  assert.equal(refusal('events', { after: 0, limit: 10, more: 'x' }), null)
  assert.equal(refusal('status', {}), null)
  assert.equal(refusal('service.stop', { service: 'api', held: false, token: null }), null)
  assert.equal(refusal('no.such.method', 3), null, 'that is told elsewhere')
})

void test('releases as they cross the socket fit', async () => {
  for (const path of APPS) {
    const about = { id: '1-x', sequence: 1, digest: 'x', artifacts: {}, secrets: {}, migrationLevel: 0, createdAt: 0 }
    const input: unknown = JSON.parse(
      JSON.stringify({ release: { ...about, config: await appAt(path) }, services: [] }),
    )
    assert.deepEqual(refusal('migration.outlook', input), null, path)
  }
})

void test('whatever comes is told as right or wrong, and what is right by the types is right', () => {
  const methods = Object.entries(METHODS)
  assert.ok(methods.length > 70)
  const random = randomFrom(77)
  let refused = 0
  for (const [method, schema] of methods) {
    for (let round = 0; round < 20; round++) {
      assert.equal(refusal(method, inputFor(schema, random, 0)), null, method)
      if (refusal(method, inputFor(schema, random, 0.2)) !== null) refused += 1
    }
  }
  assert.ok(refused > methods.length * 5, `${refused} refused`)
})
