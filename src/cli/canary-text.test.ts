import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Figures } from '../deploy/analysis.ts'
import { describeProgress, describeStep } from './canary-text.ts'

const none: Figures = { answers: 0, errors: 0, p95Ms: null }
const some = (answers: number, errors = 0): Figures => ({ answers, errors, p95Ms: 21.6 })
const place = { release: '2-y', step: 1, steps: 3, share: 0.05, lastedMs: 35_400, everyMs: 60_000 }

test('a step says where it stands, with the figures of who asked', () => {
  const progress = {
    ...place,
    users: { next: some(61), old: some(1204, 1) },
    witness: { next: none, old: none },
    verdict: { kind: 'inconclusive', because: '61 of the 200 answers needed' },
  } as const
  assert.equal(
    describeProgress(progress),
    '2-y, step 1 of 3, 5 % of the clients, 35 of 60 s: users 61 with 0 failed, p95 22 ms (old: 1204 with 1 failed, p95 22 ms); ' +
      'inconclusive: 61 of the 200 answers needed',
  )
  const silent = { ...progress, users: progress.witness, verdict: { kind: 'passed' } as const }
  assert.equal(
    describeProgress(silent),
    '2-y, step 1 of 3, 5 % of the clients, 35 of 60 s: nothing answered yet; good so far',
  )
})

test('a step that ended says how, and by whom', () => {
  const figures = { users: { next: none, old: some(3) }, witness: { next: some(70, 3), old: some(141) } }
  assert.equal(
    describeStep({ share: 0.1, lastedMs: 1_500, ...figures, end: 'promoted', because: 'by ann@host' }),
    'canary at 10 % for 1.5 s: users none (old: 3 with 0 failed, p95 22 ms), ' +
      'witness 70 with 3 failed, p95 22 ms (old: 141 with 0 failed, p95 22 ms); promoted: by ann@host',
  )
})
