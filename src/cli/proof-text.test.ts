import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Proof } from '../deploy/proof.ts'
import { describeProof } from './proof-text.ts'

const proof: Proof = {
  deploy: 'd2',
  from: '1-x',
  to: '2-y',
  startedAt: 0,
  finishedAt: 1_000,
  sent: 3,
  ok: 3,
  failed: 0,
  failures: [],
  longestGapMs: 12,
  releases: { '2-y': { answers: 1, first: 0, last: 0 } },
  flipBacks: 1,
  switches: [{ to: '2-y', tookMs: 0.04, workers: 2, at: 0 }],
  drain: null,
  watch: null,
  canary: null,
  interruptions: 0,
}

test('a proof counts in words that fit the number, and what is short is not nothing', () => {
  assert.deepEqual(describeProof(proof), [
    'witness: 3 sent, 3 ok, 0 failed, longest gap 12 ms, 1 flip-back',
    '  2-y: 1 answer, 00:00:00.000 to 00:00:00.000',
    'switch to 2-y: 2 workers within <0.1 ms',
  ])
})

test('a witness that sent nothing says so, and why', () => {
  const silent = { ...proof, sent: 0, ok: 0, releases: {} }
  assert.equal(describeProof({ ...silent, from: null })[0], 'witness: nothing was sent: nothing was live before')
  assert.match(describeProof(silent)[0]!, /^witness: nothing was sent: the switch was over before its first request/)
})

test('failures that are alike are one line with the first and the last time', () => {
  const failureAt = (second: number, connection: string, what: string): string =>
    `${new Date(second * 1000).toISOString()} GET / (${connection} connection): ${what}`
  const failures = [failureAt(1, 'kept', 'status 500'), failureAt(2, 'fresh', 'read ECONNRESET')]
  failures.push(failureAt(3, 'fresh', 'status 500'))
  assert.deepEqual(
    describeProof({ ...proof, failed: 5, failures }).filter((line) => line.startsWith('failure')),
    [
      'failure: 2 × GET /: status 500, first 00:00:01.000, last 00:00:03.000',
      'failure: 1970-01-01T00:00:02.000Z GET / (fresh connection): read ECONNRESET',
      'failure: 2 more',
    ],
  )
})

test('a proof says where the release was proven before, and who approved its plan', () => {
  const promoted = { environment: 'staging', release: '7-x' }
  const approval = { by: 'otto@host (pid 1)', at: 0, planHash: '0123456789abcdef' }
  assert.deepEqual(describeProof({ ...proof, promoted, approval }).slice(0, 2), [
    'promoted from staging, release 7-x',
    'plan 0123456789ab approved by otto@host (pid 1) at 1970-01-01T00:00:00.000Z',
  ])
})
