import assert from 'node:assert/strict'
import { test } from 'node:test'
import { toPlain } from './plain.ts'

test('plain values are copied, undefined properties left out', () => {
  const shared = { a: [1, 'x', true, null] }
  const { value, problems } = toPlain({
    one: shared,
    two: shared,
    gone: undefined,
    bare: Object.create(null) as unknown,
  })
  assert.deepEqual(problems, [])
  assert.deepEqual(JSON.parse(JSON.stringify(value)), { one: shared, two: shared, bare: {} })
  assert.notEqual((value as Record<string, unknown>)['one'], shared)
})

test('a property is read once', () => {
  let reads = 0
  const { value } = toPlain({
    get name() {
      return `read ${++reads}`
    },
  })
  assert.deepEqual(value, { name: 'read 1' })
})

test('what JSON cannot hold is refused with its path', () => {
  const cyclic: unknown[] = []
  cyclic.push({ back: cyclic })
  const cases: readonly [unknown, RegExp][] = [
    [{ a: { b: [new Date(0)] } }, /^a\.b\[0\]: got a Date/],
    [{ a: new URL('http://a.example') }, /^a: got an instance of URL/],
    [{ 'a b': Symbol('s') }, /^\['a b'\]: got Symbol\(s\)/],
    [Array(1), /^\[0\]: got undefined/],
    [{ a: Infinity }, /^a: got Infinity/],
    [{ a: cyclic }, /^a\[0\]\.back: got a value that contains itself/],
    [JSON.parse('{"__proto__": {"x": 1}}'), /^__proto__: got a reserved key/],
  ]
  for (const [value, pattern] of cases) assert.match(toPlain(value).problems[0] ?? 'none', pattern)
})

test('a config without end is cut', () => {
  const { problems } = toPlain(Array.from({ length: 200_000 }, () => 1))
  assert.equal(problems.length, 1)
})
