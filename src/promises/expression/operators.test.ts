import assert from 'node:assert/strict'
import { test } from 'node:test'
import { resultOf, type NumberOperator } from './operators.ts'

const OPERATORS: readonly NumberOperator[] = ['+', '-', '*', '/', '>', '>=', '<', '<=', '==', '!=']

void test('two numbers are computed, or compared and then the left one stays', () => {
  const of = (left: number, right: number) => OPERATORS.map((op) => resultOf(op, left, right))
  assert.deepEqual(of(6, 3), [9, 3, 18, 2, 6, 6, null, null, null, 6])
  assert.deepEqual(of(3, 3), [6, 0, 9, 1, null, 3, null, 3, 3, null])
  assert.deepEqual(of(2, 3), [5, -1, 6, 2 / 3, null, null, 2, 2, null, 2])
})

void test('by zero it is what IEEE says, and NaN is only unequal', () => {
  assert.equal(resultOf('/', 1, 0), Infinity)
  assert.ok(Number.isNaN(resultOf('/', 0, 0)))
  assert.deepEqual(
    OPERATORS.slice(4).map((op) => resultOf(op, NaN, NaN)),
    [null, null, null, null, null, NaN],
  )
})
