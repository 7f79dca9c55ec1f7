import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { DeployRecord } from '../../deploy/journal.ts'
import type { Plan } from '../../deploy/plan.ts'
import type { TrailRecord } from '../audit/trail.ts'
import { BEFORE_MS, changesBefore, type Around } from './changes.ts'

const SINCE = 1_700_000_000_000
const nothing: Around = { deploys: [], trail: [], events: [] }
const deploy = (id: string, startedAt: number): DeployRecord => ({
  id,
  kind: 'deploy',
  state: 'done',
  by: 'anna@host',
  startedAt,
  finishedAt: startedAt + 5_000,
  message: null,
  plan: { release: { id: '2-bbbbbbbb' } } as Plan,
  journal: [],
  proof: null,
})
const action = (what: string, at: number): TrailRecord =>
  ({
    what,
    who: 'anna@host',
    subject: { api: 3 },
    outcome: 'done',
    time: new Date(at).toISOString(),
  }) as unknown as TrailRecord
const event = (kind: string, at: number) => ({ sequence: 1, at, kind, text: 'so' })

void test('deploys, actions and events of the hour before are told, newest first', () => {
  const found = changesBefore(SINCE, {
    deploys: [deploy('d2', SINCE - 60_000)],
    trail: [action('service.scale', SINCE - 120_000)],
    events: [event('need-restarted', SINCE - 30_000)],
  })
  assert.deepEqual(found, [
    { at: SINCE - 30_000, kind: 'event', text: 'need-restarted: so' },
    { at: SINCE - 60_000, kind: 'deploy', text: 'deploy d2 to 2-bbbbbbbb by anna@host: done' },
    { at: SINCE - 120_000, kind: 'action', text: 'service.scale 3 by anna@host: done' },
  ])
})

void test('what is older than an hour, or came afterwards, is no cause', () => {
  const times = [SINCE - BEFORE_MS - 1, SINCE - BEFORE_MS, SINCE, SINCE + 1]
  const found = changesBefore(SINCE, { ...nothing, deploys: times.map((at) => deploy(`d${at}`, at)) })
  assert.deepEqual(
    found.map(({ at }) => at),
    [SINCE, SINCE - BEFORE_MS],
  )
})

void test('consequences and steps of a deploy are left out, and a flood does not hide the deploy', () => {
  const found = changesBefore(SINCE, {
    deploys: [deploy('d2', SINCE - 3_000_000)],
    trail: ['lease.acquire', 'deploy.begun', 'gateways.seen'].map((what) => action(what, SINCE - 10)),
    events: [
      event('alert-fired', SINCE - 5),
      event('health', SINCE - 5),
      ...Array.from({ length: 50 }, (_, index) => event('instance-killed', SINCE - 1_000 - index)),
    ],
  })
  assert.equal(found.length, 6)
  assert.equal(found.filter(({ text }) => text.startsWith('instance-killed')).length, 5)
  assert.match(found.at(-1)!.text, /^deploy d2 /)
})
