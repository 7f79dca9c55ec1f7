import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Decimal } from './decimal.ts'

const of = (value: string | number | bigint): Decimal => Decimal.of(value)

void test('what is left of a target has no dirt, where doubles have', () => {
  assert.equal(of(0.999).oneMinus().toText(), '0.001')
  assert.equal(String(1 - 0.999), '0.0010000000000000009', 'the control: what a double makes of it')
  assert.equal(of('0.9995').oneMinus().toText(), '0.0005')
  assert.equal(of(0.999).toPercent(), '99.9 %')
  assert.equal(of(0.07).toPercent(), '7 %')
  assert.notEqual(String(0.07 * 100), '7', 'the control')
})

void test('sums, differences and products are exact', () => {
  assert.equal(of('0.1').plus(of('0.2')).toText(), '0.3')
  assert.equal(of('1').minus(of('1.25')).toText(), '-0.25')
  assert.equal(of('0.9995').times(of('0.999')).toText(), '0.9985005')
  assert.equal(of('14.4').times(of('0.001')).toText(), '0.0144')
  assert.equal(of(2n).times(of('0.5')).toText(), '1')
})

void test('quotients are rounded as asked, half away from zero where nothing is', () => {
  assert.equal(of(2).dividedBy(of(3), 4).toText(), '0.6667')
  assert.equal(of(2).dividedBy(of(3), 4, 'down').toText(), '0.6666')
  assert.equal(of(1).dividedBy(of(3), 4, 'up').toText(), '0.3334')
  assert.equal(of(-1).dividedBy(of(2), 0).toText(), '-1')
  assert.equal(of('0.0144').dividedBy(of('0.5'), 10).toText(), '0.0288')
  assert.equal(of('12').dividedBy(of('0.4'), 2, 'up').toText(), '30')
  assert.equal(of('0.125').rounded(2).toText(), '0.13')
  assert.throws(() => of(1).dividedBy(of(0), 2), RangeError)
})

void test('comparison is by value, not by how it is written', () => {
  assert.equal(of('1.0').isAbove(of('1')), false)
  assert.equal(of('1').isAbove(of('0.999')), true)
  assert.equal(of('-1').isAbove(of('-2')), true)
})

void test('a number is the digits it prints as, with an exponent as well', () => {
  assert.equal(of(1e-7).toText(), '0.0000001')
  assert.equal(of(1e21).toText(), '1000000000000000000000')
  assert.equal(of(0.1 + 0.2).toText(), '0.30000000000000004')
})

void test('what is no decimal number is refused, and so is one that would take for ever', () => {
  for (const wrong of ['', 'x', '1.', '.5', '0x10', '1e999999999', '9'.repeat(61), NaN, Infinity])
    assert.throws(() => of(wrong), RangeError, String(wrong))
})
