import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nearest } from './nearest.ts'

test('a slip finds the word that was meant', () => {
  assert.equal(nearest('rotues', ['path', 'routes', 'rate']), 'routes')
  assert.equal(nearest('Strategy', ['strategy']), 'strategy')
  assert.equal(nearest('trustedProxys', ['trustedProxies', 'timeouts']), 'trustedProxies')
  assert.equal(nearest('environmnets', ['environments']), 'environments')
})

test('of several the nearest one is taken', () => {
  assert.equal(nearest('hots', ['hosts', 'host', 'hops']), 'hosts')
  assert.equal(nearest('retri', ['retry', 'retries']), 'retry')
})

test('what is far from everything finds nothing', () => {
  assert.equal(nearest('banana', ['routes', 'start']), null)
  assert.equal(nearest('xy', ['ab', 'cd']), null)
  assert.equal(nearest('x', []), null)
  assert.equal(nearest('a'.repeat(5000), ['a'.repeat(5000)]), null)
})
