import assert from 'node:assert/strict'
import { test } from 'node:test'
import { promql } from '../expression.ts'
import { objectivesOf } from '../objectives.ts'
import { appWith } from '../testing.ts'
import { isOccasional } from './occasional.ts'
import { outagesIn, outageStanding, rollbackStanding, upOf, type Recovery } from './recovery.ts'

const app = appWith({
  data: { on: 'db', rpo: '6h', rto: '1min', keep: '30d' },
  operate: { on: 'operate', rollback: '10s' },
})
const [rto, rollback] = objectivesOf(app).filter(isOccasional) as readonly Recovery[]

/** A sample every 10 s: '1' there, '0' away, '-' not collected. */
const seen = (text: string) =>
  text.split('').flatMap((each, index) => (each === '-' ? [] : [{ atMs: index * 10_000, value: Number(each) }]))
const standing = (text: string) => outageStanding(rto!, seen(text), (text.length - 1) * 10_000)

void test('of recovery an rto and a rollback wait for an occasion, an age does not', () => {
  assert.deepEqual([rto!.what, rollback!.what, objectivesOf(app).filter(isOccasional).length], ['rto', 'rollback', 2])
  assert.equal(promql(upOf(rto!)!), 'seaworthy_need_up{need="db"}')
  assert.equal(upOf(rollback!), null)
})

void test('an outage goes from the first sample that is 0 to the next that is not', () => {
  const of = (text: string) =>
    outagesIn(seen(text), (text.length - 1) * 10_000).map(({ fromMs, toMs }) => [
      fromMs / 10_000,
      toMs === null ? null : toMs / 10_000,
    ])
  assert.deepEqual(of('11111'), [])
  assert.deepEqual(of('1001101'), [
    [1, 3],
    [5, 6],
  ])
  assert.deepEqual(of('0011'), [[0, 2]])
  assert.deepEqual(of('1100'), [[2, null]])
  assert.deepEqual(of('10-1'), [[1, 3]], 'one sample missing is no gap')
  assert.deepEqual(of('100-------11'), [[1, 2]], 'nothing is known of a gap')
  assert.deepEqual(of('100-------'), [[1, 2]], 'nor of one that lasts')
})

void test('met when it came back in time, broken when it once did not, unknown when it was never away', () => {
  assert.deepEqual(standing('1111'), { standing: null, spending: null, shownBy: 'never away in the last 24 h' })
  assert.deepEqual(standing(''), { standing: null, spending: null, shownBy: 'not collected in the last 24 h' })
  assert.deepEqual(standing('1000000111011'), {
    standing: 'met',
    spending: null,
    shownBy: 'away 2 times in the last 24 h, 1 min at the longest (by probes every 10 s)',
  })
  assert.equal(standing('10000000111').standing, 'broken')
  assert.equal(standing('10001000').standing, 'at-risk', 'away now, and not yet too long')
  assert.match(standing('1000').shownBy!, /away once .*, and away now$/)
  assert.equal(standing('100000000').standing, 'broken', 'away now, and too long')
})

void test('a rollback is as slow as its slowest way back', () => {
  assert.equal(rollbackStanding(rollback!, []).standing, null)
  const ways = (...tookMs: readonly number[]) =>
    rollbackStanding(
      rollback!,
      tookMs.map((each, index) => ({ deploy: `d${index + 1}`, tookMs: each })),
    )
  assert.deepEqual(ways(2_000, 10_000, 400), {
    standing: 'met',
    spending: null,
    shownBy: '3 ways back, 10 s at the longest (d2)',
  })
  assert.equal(ways(10_001).standing, 'broken')
})
