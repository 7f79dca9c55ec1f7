import assert from 'node:assert/strict'
import { test } from 'node:test'
import { kafkaVariables } from './kafka-variables.ts'

const AT = { host: 'need-bus', data: '/data', login: '/login' }

test('a cluster is called by its place: 16 bytes, each another, the same every time, and none like an option', () => {
  const idOf = (environment: string, need: string): string =>
    kafkaVariables({ app: 'shop', environment }, need, AT)['CLUSTER_ID']!
  const ids = Array.from({ length: 500 }, (_, index) => idOf('staging', `bus-${index}`))
  assert.equal(new Set(ids).size, ids.length)
  for (const id of ids) {
    assert.match(id, /^[A-Za-z]/)
    assert.equal(Buffer.from(id, 'base64url').length, 16)
  }
  assert.equal(idOf('staging', 'bus-7'), ids[7])
  assert.notEqual(idOf('production', 'bus-7'), ids[7])
})
