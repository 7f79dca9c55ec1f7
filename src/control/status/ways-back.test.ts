import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { DeployRecord } from '../../deploy/journal.ts'
import type { WatchVerdict } from '../../deploy/proof.ts'
import { waysBack } from './ways-back.ts'

const breach: WatchVerdict = {
  verdict: 'breach',
  because: 'errors',
  answers: 100,
  errors: 50,
  failed: 51,
  detectedMs: 2_000,
  backMs: 300,
}
const passed: WatchVerdict = { verdict: 'passed', answers: 1, errors: 0, p95Ms: 1 }
const record = (id: string, of: Pick<DeployRecord, 'kind' | 'state'>, watch: WatchVerdict | null = null) =>
  ({ id, startedAt: 1_000, ...of, plan: { release: { id: 'r1' } }, proof: { watch } }) as unknown as DeployRecord

void test('what a watch took back counts from its first bad answers, a rollback from its beginning to its switch', () => {
  const deploys = [
    record('d1', { kind: 'deploy', state: 'taken-back' }, breach),
    record('d2', { kind: 'deploy', state: 'done' }, passed),
    record('d3', { kind: 'rollback', state: 'done' }, passed),
    record('d4', { kind: 'rollback', state: 'refused' }),
    record('d5', { kind: 'deploy', state: 'taken-back' }),
  ]
  const switched = (to: string, at: number) => ({
    sequence: 1,
    at,
    event: { kind: 'switched' as const, to, tookMs: 1, workers: 1, lastAckNs: 1 },
  })
  const ways = waysBack({
    deploys: () => deploys,
    rolloutEvents: (deploy) => (deploy === 'd3' ? [switched('r0', 1_100), switched('r1', 5_500)] : []),
  })
  assert.deepEqual(ways, [
    { deploy: 'd1', tookMs: 2_300 },
    { deploy: 'd3', tookMs: 4_500 },
  ])
})
