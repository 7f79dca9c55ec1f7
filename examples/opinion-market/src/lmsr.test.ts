import assert from 'node:assert/strict'
import { test } from 'node:test'
import { chooseSeed, seededRandom } from '../testing/random.ts'
import { costCredits, price, quote, subsidyOf, type Maker } from './lmsr.ts'
import { CREDIT } from './money.ts'

const fresh: Maker = { liquidity: 100, yes: 0, no: 0 }

void test('an untouched market costs b ln 2 and asks half a credit for either outcome', () => {
  assert.equal(costCredits(fresh).toFixed(9), '69.314718056')
  assert.equal(price(fresh, 'yes'), 0.5)
  assert.equal(subsidyOf(100), 69_314_719)
})

void test('fifty shares of an untouched market cost what the rule says, by hand', () => {
  // 100 × ln((e^0.5 + 1) / 2) = 28.0929805 credits; the price after is e^0.5 / (e^0.5 + 1).
  const { amount, after } = quote(fresh, 'buy', 'yes', 50)

  assert.equal(amount, 28_092_981)
  assert.equal(price(after, 'yes').toFixed(10), '0.6224593312')
  assert.equal((price(after, 'yes') + price(after, 'no')).toFixed(12), '1.000000000000')
})

void test('the same fifty shares sold again bring one micro-credit less: both roundings are the house’s', () => {
  const { amount, after } = quote(fresh, 'buy', 'yes', 50)

  assert.equal(quote(after, 'sell', 'yes', 50).amount, amount - 1)
})

void test('the cost of a lopsided market does not overflow', () => {
  const lopsided = { liquidity: 1, yes: 10_000_000, no: 0 }

  assert.equal(costCredits(lopsided), 10_000_000)
  assert.equal(price(lopsided, 'no'), 0)
  assert.equal(quote(lopsided, 'sell', 'no', 0).amount, 0)
})

void test('whatever is traded, the pool can pay either outcome', (context) => {
  const seed = chooseSeed()
  context.diagnostic(`SEED=${seed}`)
  const random = seededRandom(seed)
  for (const liquidity of [1, 7, 100, 10_000]) {
    let maker: Maker = { liquidity, yes: 0, no: 0 }
    let pool = subsidyOf(liquidity)
    for (let round = 0; round < 2_000; round++) {
      const outcome = random() < 0.5 ? 'yes' : 'no'
      const side = random() < 0.5 && maker[outcome] > 0 ? 'sell' : 'buy'
      const shares = 1 + Math.floor(random() * (side === 'sell' ? maker[outcome] : 100))
      const { amount, after } = quote(maker, side, outcome, shares)
      pool += side === 'buy' ? amount : -amount
      maker = after
      assert.ok(
        pool >= Math.max(maker.yes, maker.no) * CREDIT,
        `pool ${pool} at ${JSON.stringify(maker)}, round ${round}`,
      )
    }
  }
})
