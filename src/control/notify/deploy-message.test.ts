import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { DeployRecord } from '../../deploy/journal.ts'
import { deployMessage, inWords, proofDigest } from './deploy-message.ts'
import { postFor } from './deliver.ts'

const deploy = {
  id: 'd7',
  kind: 'deploy',
  state: 'taken-back',
  by: 'anna@host (pid 1)',
  startedAt: 0,
  finishedAt: 61_000,
  message: '5 % errors <of> old & new',
  plan: {
    hash: 'h',
    base: { live: '6-x' },
    release: { id: '7-x', config: { name: 'shop', environment: 'production' } },
  },
  journal: [],
  proof: { sent: 620, failed: 0, longestGapMs: 12.5, ok: 620 },
} as unknown as DeployRecord

test('a webhook gets the facts, with the digest under which the proof is in the audit trail', () => {
  assert.deepEqual(bodyFor('webhook', 'otto@host'), {
    id: 'shop/production/d7/deploy.failed',
    event: 'deploy.failed',
    app: 'shop',
    environment: 'production',
    deploy: 'd7',
    kind: 'deploy',
    state: 'taken-back',
    because: '5 % errors <of> old & new',
    release: '7-x',
    releaseBefore: '6-x',
    by: 'anna@host (pid 1)',
    approvedBy: 'otto@host',
    planHash: 'h',
    startedAt: '1970-01-01T00:00:00.000Z',
    finishedAt: '1970-01-01T00:01:01.000Z',
    proof: { sent: 620, failed: 0, longestGapMs: 12.5, digest: proofDigest(deploy) },
  })
})

test('Slack gets a sentence in which nothing is taken for markup', () => {
  const body = bodyFor('slack', null) as { text: string; blocks: readonly { type: string }[] }
  assert.equal(body.text, 'shop (production): deploy d7 of 7-x is taken-back: 5 % errors &lt;of&gt; old &amp; new')
  assert.deepEqual(
    body.blocks.map(({ type }) => type),
    ['section', 'context'],
  )
})

test('a deploy that runs has begun; one whose watch saw too little has ended well', () => {
  const running = deployMessage({ ...deploy, state: 'running', proof: null, finishedAt: null, message: null }, null)
  assert.equal(running.event, 'deploy.begun')
  assert.equal(inWords(running), 'shop (production): deploy d7 of 7-x has begun')
  assert.equal(deployMessage({ ...deploy, state: 'inconclusive' }, null).event, 'deploy.ended')
})

function bodyFor(kind: 'webhook' | 'slack', approvedBy: string | null): unknown {
  const message = deployMessage(deploy, approvedBy)
  return postFor({ kind, url: 'http://127.0.0.1' }, { kind: 'deploy', message }).body
}
