import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LATE_WRITES_MAX, LateWrites } from './late-writes.ts'

function make() {
  const done: string[] = []
  let isFull = false
  const write = (what: string) => (): void => {
    if (isFull) throw Object.assign(new Error('no space'), { code: 'ENOSPC' })
    done.push(what)
  }
  const late = new LateWrites((count, lost) => write(`${count} late, ${lost} lost`)())
  return { done, late, write, fill: () => (isFull = true), free: () => (isFull = false) }
}

test('what finds no room is done later, in order, and said once', () => {
  const { done, late, write, fill, free } = make()
  late.do(write('a'))
  fill()
  late.do(write('b'))
  late.do(write('c'))
  assert.equal(late.catchUp(), false)
  assert.deepEqual([done, late.waiting], [['a'], 2])
  free()
  late.do(write('d'))
  assert.deepEqual([done, late.waiting], [['a', 'b', 'c', '2 late, 0 lost', 'd'], 0])
  assert.equal(late.catchUp(), true)
  assert.equal(done.length, 5)
})

test('what waits is bounded, and what was given up is counted', () => {
  const { done, late, write, fill, free } = make()
  fill()
  for (let n = 0; n < LATE_WRITES_MAX + 3; n++) late.do(write(String(n)))
  assert.equal(late.waiting, LATE_WRITES_MAX)
  free()
  late.catchUp()
  assert.deepEqual(done.slice(-2), [String(LATE_WRITES_MAX - 1), `${LATE_WRITES_MAX} late, 3 lost`])
})

test('what fails for another reason is the callers, and is not tried again', () => {
  const { done, late, write } = make()
  const fails = (): void => {
    throw new Error('no such table')
  }
  assert.throws(() => late.do(fails), /no such table/)
  late.do(write('a'))
  assert.deepEqual([done, late.waiting], [['a'], 0])
})
