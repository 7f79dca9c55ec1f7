import assert from 'node:assert/strict'
import { test } from 'node:test'
import { NO_FACTS } from '../promises/feasibility/facts.ts'
import { appWith } from '../promises/testing.ts'
import { promiseViews } from '../promises/view.ts'
import { describePromises } from './promises-text.ts'

const app = appWith(
  {
    trade: { on: { service: 'api' }, availability: '99.9%', errors: '0.2%', throughput: '300/s' },
    data: { on: 'db', rpo: '1h' },
  },
  { backups: { db: { every: '6h', to: ['file:b'] } } },
)
const spent = { badShare: '0', spent: '0' }
const views = promiseViews(
  app,
  NO_FACTS,
  new Map([
    ['trade/availability', { standing: 'at-risk', spending: { ...spent, left: '0.12345' } }],
    ['trade/errors', { standing: 'broken', spending: { ...spent, left: '-1.5' } }],
  ]),
)

void test('one line for each part, then what cannot be and what is not known', () => {
  const text = describePromises(views, null)
  assert.deepEqual(
    text.split('\n').map((line) => line.trimEnd()),
    [
      'trade: unproven, broken',
      '  trade/availability  unproven  at-risk, budget 43.2 min, 12.34 % left  99.9 % of requests to api are answered, over 30 d',
      '  trade/errors        unproven  broken, budget 1.44 h, 2.5 times spent  at most 0.2 % of requests to api fail, over 30 d',
      '  trade/throughput    unproven  -                                       all of it holds at 300 requests in 1 s',
      '  trade/availability is not decided without max_connections of db: known once the environment is up',
      '  trade/throughput is not decided without what an instance of api carries: seaworthy load --capacity --service api',
      '',
      'data: infeasible, not watched',
      '  data/rpo  infeasible  -  at most the newest 1 h of db are lost',
      '  data/rpo: backup-rhythm',
      "    every '6h', at most 6 h + upload not measured = 6 h",
      '    6 h > promised rpo 1 h',
      "    or: back db up every: '1h'",
      "    or: promise rpo: '361min' in data",
    ],
  )
  assert.match(describePromises(views, 'nothing is collected'), /\n\ntraffic shows nothing: nothing is collected$/)
  assert.match(describePromises([], null), /^nothing is promised/)
})

void test('a budget that too few events have spent is unknown, with how few', () => {
  const spending = { badShare: '0.17', spent: '166', left: '-165' }
  const few = { standing: null, spending, shownBy: '2 of 12 bad: nobody can say' }
  const text = describePromises(promiseViews(app, NO_FACTS, new Map([['trade/availability', few]])), null)
  assert.match(text, /^ {2}trade\/availability {2}unproven {2}unknown, budget 43\.2 min, 166 times spent/m)
  assert.match(text, /^ {2}trade\/availability: 2 of 12 bad: nobody can say$/m)
})
