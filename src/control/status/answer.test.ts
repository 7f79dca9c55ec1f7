import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { FiringAlert, ServiceLine } from '../api/health-methods.ts'
import { answerOf, DATA_MS_MAX, type HealthFacts } from './answer.ts'

const NOW = 1_700_000_000_000
const api: ServiceLine = {
  service: 'api',
  wanted: 2,
  running: 2,
  stopped: false,
  perSecond: 12,
  errorShare: 0,
  p95Ms: 40,
  sampledAt: NOW - 5_000,
}
const fine: HealthFacts = {
  nowMs: NOW,
  live: '1-aaaaaaaa',
  measuredAtMs: NOW - 4_000,
  because: null,
  gatewayWorkers: 2,
  services: [api],
  failing: [],
  firing: [],
  noData: [],
  promises: [{ objective: 'trade/availability', standing: 'met', left: '0.9' }],
  needs: [
    { need: 'db', state: 'healthy', cause: null },
    { need: 'mail', state: null, cause: null },
  ],
  isDiskFull: false,
  isPaused: false,
}
const alert = (severity: FiringAlert['severity'], rule: string, held: string | null = null): FiringAlert => ({
  rule,
  severity,
  summary: 'It is so.',
  value: 1,
  firedAt: NOW - 60_000,
  held,
})
const killed = {
  id: 'api@1-aaaaaaaa-1',
  service: 'api',
  text: 'instance api@1-aaaaaaaa-1 is crash-loop, killed by SIGKILL',
}
const promise = (standing: 'broken' | 'at-risk' | null, left: string | null) => [
  { objective: 'trade/availability', standing, left },
]

const SITUATIONS: readonly (readonly [string, Partial<HealthFacts>, string, string | null])[] = [
  ['everything speaks and says so', {}, 'fine', null],
  ['nothing is live', { live: null, measuredAtMs: null, promises: [] }, 'unknown', 'nothing is live'],
  ['the first minute', { measuredAtMs: null, promises: [] }, 'unknown', 'nothing has been measured yet'],
  ['measured exactly long ago enough', { measuredAtMs: NOW - DATA_MS_MAX }, 'fine', null],
  ['measured too long ago', { measuredAtMs: NOW - 45_000 }, 'unknown', 'the newest measurement is 45 s old'],
  ['the series are away', { because: 'no answer' }, 'unknown', 'the series do not answer: no answer'],
  [
    'a service has no sample',
    { services: [{ ...api, sampledAt: null }] },
    'unknown',
    'api is not measured: there is no sample',
  ],
  [
    'a service has an old sample',
    { services: [{ ...api, sampledAt: NOW - 31_000 }] },
    'unknown',
    'api is not measured: the newest sample is 31 s old',
  ],
  [
    'a rule has no data',
    { noData: [{ rule: 'DiskFilling', summary: 'Full soon.' }] },
    'unknown',
    'no data for DiskFilling: Full soon.',
  ],
  [
    'a promise without traffic',
    { promises: promise(null, null) },
    'unknown',
    'nothing shows yet whether trade/availability is kept',
  ],
  [
    'a promise of which too few requests have spent the budget',
    { promises: promise(null, '-39') },
    'unknown',
    'too few requests to say whether trade/availability is kept',
  ],
  [
    'a promise at risk',
    { promises: promise('at-risk', '0.25') },
    'at-risk',
    'trade/availability is at risk, 25 % of its budget is left',
  ],
  [
    'a broken promise',
    { promises: promise('broken', '-0.5') },
    'broken',
    'trade/availability is broken, 1.5 times its budget is spent',
  ],
  [
    'a broken promise without a budget',
    { promises: promise('broken', null) },
    'broken',
    'trade/availability is broken',
  ],
  [
    'no instance runs',
    { services: [{ ...api, running: 0 }], failing: [killed], firing: [alert('P0', 'ServiceDown')] },
    'broken',
    'no instance of api runs: instance api@1-aaaaaaaa-1 is crash-loop, killed by SIGKILL',
  ],
  [
    'one of two instances has failed',
    { services: [{ ...api, running: 1 }], failing: [killed] },
    'at-risk',
    killed.text,
  ],
  ['scaled to none', { services: [{ ...api, wanted: 0, running: 0 }] }, 'fine', null],
  [
    'stopped by hand',
    { services: [{ ...api, stopped: true, running: 0, sampledAt: null }] },
    'at-risk',
    'api is stopped',
  ],
  [
    'no worker of the gateway',
    { gatewayWorkers: 0 },
    'broken',
    'no worker of the gateway is there: nobody is answered',
  ],
  ['paused', { isPaused: true }, 'at-risk', 'the gateway is paused'],
  ['the disk is full', { isDiskFull: true }, 'at-risk', 'the disk is full: nothing can be deployed'],
  [
    'a need is away',
    { needs: [{ need: 'db', state: 'unhealthy', cause: 'refused\nmore' }] },
    'at-risk',
    'db is unhealthy: refused',
  ],
  ['a P0 fires', { firing: [alert('P2', 'Slow'), alert('P0', 'Down')] }, 'broken', 'P0 Down: It is so.'],
  ['a P1 and a P2 fire', { firing: [alert('P2', 'Slow'), alert('P1', 'Full')] }, 'at-risk', 'P1 Full: It is so.'],
  [
    'a silenced alert still holds',
    { firing: [alert('P1', 'Full', 'silence: known')] },
    'at-risk',
    'P1 Full: It is so. (silence: known)',
  ],
  ['a P3 is for some day', { firing: [alert('P3', 'Untidy')] }, 'fine', null],
  [
    'broken outweighs what nobody sees',
    { gatewayWorkers: 0, measuredAtMs: null },
    'broken',
    'no worker of the gateway is there: nobody is answered',
  ],
  ['at risk outweighs what nobody sees', { isPaused: true, measuredAtMs: null }, 'at-risk', 'the gateway is paused'],
]

for (const [situation, differs, state, worst] of SITUATIONS) {
  void test(`${situation}: ${state}`, () => {
    const answer = answerOf({ ...fine, ...differs })
    assert.deepEqual([answer.state, answer.reasons[0]?.text ?? null], [state, worst])
  })
}

void test('every reason is told, the worst first', () => {
  const { reasons } = answerOf({
    ...fine,
    measuredAtMs: null,
    isPaused: true,
    firing: [alert('P0', 'Down')],
  })
  assert.deepEqual(
    reasons.map(({ state, name }) => [state, name]),
    [
      ['broken', 'Down'],
      ['at-risk', 'pause'],
      ['unknown', 'series'],
    ],
  )
})
