import assert from 'node:assert/strict'
import { test } from 'node:test'
import { NO_FACTS } from './feasibility/facts.ts'
import type { Standing } from './objective.ts'
import type { Stood } from './stood.ts'
import { appWith } from './testing.ts'
import { isBroken, promiseViews } from './view.ts'

const app = appWith(
  {
    trade: { on: { service: 'api' }, availability: '99.9%', errors: '0.2%', throughput: '300/s' },
    data: { on: 'db', rpo: '1h' },
  },
  { backups: { db: { every: '6h', to: ['file:b'] } } },
)
const at = (standing: Standing) => ({ standing, spending: { badShare: '0', spent: '0', left: '1' } })
const viewsWith = (availability: Standing, errors: Standing) =>
  promiseViews(
    app,
    NO_FACTS,
    new Map([
      ['trade/availability', at(availability)],
      ['trade/errors', at(errors)],
    ]),
  )

void test('a promise stands where the worst of its watched parts does', () => {
  const standing = (...of: Parameters<typeof viewsWith>) => viewsWith(...of)[0]!.standing
  assert.equal(standing('met', 'met'), 'met', 'throughput is shown by a drill only')
  assert.equal(standing('met', 'at-risk'), 'at-risk')
  assert.equal(standing('broken', 'at-risk'), 'broken')
  assert.equal(standing('met', null), null)
})

void test('a rate that nobody has asked for takes nothing from what is seen; a broken one and a measurement count', () => {
  const trade = (throughput: Standing, perSecond: number | null = null) => {
    const facts = perSecond === null ? NO_FACTS : { ...NO_FACTS, capacity: { api: { perSecond, at: '2026-11-20' } } }
    const shown = { standing: throughput, spending: null, shownBy: 'seen' }
    const stood = new Map<string, Stood>([
      ['trade/availability', at('met')],
      ['trade/errors', at('met')],
      ['trade/throughput', shown],
    ])
    const [view] = promiseViews(app, facts, stood)
    return [view!.standing, view!.objectives[2]!.standing, view!.objectives[2]!.shownBy]
  }
  assert.deepEqual(trade(null), ['met', null, 'seen'])
  assert.deepEqual(trade('broken'), ['broken', 'broken', 'seen'])
  assert.deepEqual(trade(null, 200).slice(0, 2), ['met', 'met'], '4 × 200 × 0.7 = 560')
  assert.match(String(trade(null, 200)[2]), /^load: 4 instances × 200\/s .* = 560\/s; seen$/)
  assert.deepEqual(trade(null, 100).slice(0, 2), ['at-risk', 'at-risk'])
  assert.deepEqual(trade('met', 100).slice(0, 2), ['met', 'met'], 'what users met outweighs a measurement')
})

void test('a freshness that nothing tells is unknown, and says what is missing', () => {
  const [queue] = promiseViews(appWith({ queue: { on: { service: 'api' }, freshness: '30s' } }), NO_FACTS, new Map())
  assert.deepEqual([queue!.standing, queue!.objectives[0]!.standing], [null, null])
  assert.match(queue!.objectives[0]!.shownBy!, /^no metric is named/)
})

void test('broken or infeasible is what an exit code tells', () => {
  const kept = viewsWith('met', 'met').filter(({ promise }) => promise === 'trade')
  assert.equal(isBroken(kept), false)
  assert.equal(isBroken(viewsWith('at-risk', 'met').slice(0, 1)), false)
  assert.equal(isBroken(viewsWith('broken', 'met').slice(0, 1)), true)
  assert.equal(isBroken(viewsWith('met', 'met')), true, 'data is infeasible')
})
