import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compare, type Believed, type Found, type TradeRecord } from './ledger.ts'

const bought: TradeRecord = {
  id: 1,
  key: 'a',
  market: 7,
  side: 'buy',
  outcome: 'yes',
  shares: 5,
  amount: 30,
  balance: 70,
}
const sold: TradeRecord = {
  id: 2,
  key: 'b',
  market: 7,
  side: 'sell',
  outcome: 'yes',
  shares: 2,
  amount: 11,
  balance: 81,
}
const believed: Believed = { name: 'Ada', startBalance: 100, acknowledged: [bought, sold], unknown: [] }
const found: Found = {
  trades: [bought, sold],
  balance: 81,
  positions: [{ market: 7, outcome: 'yes', shares: 3 }],
  payouts: [],
}

const figures = (left: Believed, right: Found): readonly number[] => {
  const { lost, doubled, wrong, unknownMade } = compare(left, right)
  return [lost, doubled, wrong, unknownMade]
}

void test('two ledgers that agree have no problem', () => {
  assert.deepEqual(compare(believed, found), { lost: 0, doubled: 0, wrong: 0, unknownMade: 0, problems: [] })
})

void test('an acknowledged trade that is not there is lost', () => {
  assert.deepEqual(figures(believed, { ...found, trades: [bought] }), [1, 0, 0, 0])
})

void test('a trade that is there twice is doubled', () => {
  assert.deepEqual(figures(believed, { ...found, trades: [bought, sold, { ...sold, id: 3 }] }), [0, 1, 0, 0])
})

void test('a trade with other figures than were acknowledged, or that nobody asked for, is wrong', () => {
  assert.deepEqual(figures(believed, { ...found, trades: [{ ...bought, amount: 31 }, sold] }), [0, 0, 1, 0])
  assert.deepEqual(figures(believed, { ...found, trades: [bought, sold, { ...sold, id: 3, key: 'c' }] }), [0, 0, 1, 0])
})

void test('a balance or shares that the trades do not make are wrong', () => {
  assert.deepEqual(figures(believed, { ...found, balance: 82 }), [0, 0, 1, 0])
  assert.deepEqual(figures(believed, { ...found, positions: [] }), [0, 0, 1, 0])
})

void test('a trade without an answer may have been made or not, and the sums follow its fate', () => {
  const unanswered: Believed = { ...believed, acknowledged: [bought], unknown: ['b', 'never'] }

  assert.deepEqual(figures(unanswered, found), [0, 0, 0, 1])
  assert.deepEqual(
    figures(unanswered, {
      ...found,
      trades: [bought],
      balance: 70,
      positions: [{ market: 7, outcome: 'yes', shares: 5 }],
    }),
    [0, 0, 0, 0],
  )
})
