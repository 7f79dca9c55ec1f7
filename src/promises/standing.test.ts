import assert from 'node:assert/strict'
import { test } from 'node:test'
import { promql } from './expression.ts'
import { objectiveId } from './objective.ts'
import { objectivesOf } from './objectives.ts'
import { questionsOf, standingOf, type Answer } from './standing.ts'
import { appWith } from './testing.ts'

const app = appWith({
  trade: { on: { service: 'api' }, over: '7d', availability: '99.9%', throughput: '300/s' },
  data: { on: 'db', rpo: '6h', rto: '15min' },
})
const [availability, , rpo] = objectivesOf(app)

void test('what can be seen is asked for, what only a drill shows is not', () => {
  const questions = questionsOf(app)
  assert.deepEqual(
    questions.map(({ objective, kind }) => [objective, kind]),
    [
      ['trade/availability', 'budget'],
      ['data/rpo', 'age'],
    ],
  )
  const [budget, age] = questions
  assert.ok(budget?.kind === 'budget' && age?.kind === 'age')
  assert.equal(
    promql(budget.badCount),
    'sum by (service) (increase(seaworthy_watched_requests_total{watch="trade",status=~"5xx|aborted"}[7d]))',
  )
  assert.equal(budget.burning.length, 2, 'of 7 d the two pages are rules')
  assert.equal(promql(age.seconds), 'time() - seaworthy_backup_newest_timestamp_seconds{need="db"}')
})

void test('a budget is met, spent too fast, or gone; without requests nobody knows', () => {
  const at = (count: number | null, badCount: number | null, burns = false) =>
    standingOf(availability!, { kind: 'budget', count, badCount, burns })
  assert.equal(at(100_000, 0).standing, 'met')
  assert.equal(at(100_000, null).standing, 'met', 'no failure was ever counted')
  assert.equal(at(100_000, 99).spending!.left, '0.01')
  assert.equal(at(100_000, 50, true).standing, 'at-risk')
  assert.equal(at(100_000, 100).standing, 'met', 'all of it, and no more')
  assert.equal(at(100_000, 101).standing, 'broken')
  assert.equal(at(100_000, 101, true).standing, 'broken')
  assert.equal(at(0, 0).standing, null)
  assert.equal(at(null, null, true).standing, null)
})

void test('a budget that fewer events have spent than a rule judges by is not broken, and not met', () => {
  const at = (count: number, badCount: number) =>
    standingOf(availability!, { kind: 'budget', count, badCount, burns: false })
  assert.deepEqual(at(12.1, 2.02), {
    standing: null,
    spending: { badShare: '0.166942149', spent: '166.94214876', left: '-165.94214876' },
    shownBy: '2 of 12 bad: with fewer than 20 events, or 2 bad ones, nobody can say',
  })
  assert.equal(at(19.9, 19.9).standing, null)
  assert.equal(at(20, 2).standing, 'broken')
  assert.equal(at(600, 1.44).standing, null, 'a single one')
  assert.equal(at(600, 2).standing, 'broken')
  assert.equal(at(3, 0).standing, 'met', 'all of it is left')
})

void test('a backup is as old as it is', () => {
  const at = (seconds: number | null): Answer => ({ kind: 'age', seconds })
  assert.equal(objectiveId(rpo!), 'data/rpo')
  assert.equal(standingOf(rpo!, at(21_600)).standing, 'met')
  assert.equal(standingOf(rpo!, at(21_601)).standing, 'broken')
  assert.equal(standingOf(rpo!, at(null)).standing, null)
})
