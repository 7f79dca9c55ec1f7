import assert from 'node:assert/strict'
import { test } from 'node:test'
import { additionsTo, sameIn } from './same.ts'

test('what is the same stays, what is not is added at its place', () => {
  const one = { name: 'api', spec: { replicas: 2, ports: [{ name: 'main', port: 1 }], args: ['a', 'b'], 'a/b~c': 1 } }
  const other = { name: 'api', spec: { ports: [{ name: 'main', port: 2 }], args: ['a', 'c'], 'a/b~c': 2 }, more: true }
  const same = sameIn([one, other])
  assert.deepEqual(same, { name: 'api', spec: { ports: [{ name: 'main' }] } })
  assert.deepEqual(additionsTo(same, one), [
    { op: 'add', path: '/spec/replicas', value: 2 },
    { op: 'add', path: '/spec/ports/0/port', value: 1 },
    { op: 'add', path: '/spec/args', value: ['a', 'b'] },
    { op: 'add', path: '/spec/a~1b~0c', value: 1 },
  ])
  assert.deepEqual(
    additionsTo(same, other).map(({ path }) => path),
    ['/spec/ports/0/port', '/spec/args', '/spec/a~1b~0c', '/more'],
  )
})

test('a list of another length is left out as a whole', () => {
  assert.deepEqual(sameIn([{ list: [{ a: 1 }] }, { list: [{ a: 1 }, { a: 2 }] }]), {})
  assert.deepEqual(sameIn([{ value: [] }, { value: {} }]), {})
})

test('of one there is nothing to add', () => {
  const one = { name: 'api', list: [1, 2], none: null }
  assert.deepEqual(sameIn([one]), one)
  assert.deepEqual(additionsTo(one, one), [])
})
