import assert from 'node:assert/strict'
import { test } from 'node:test'
import { kubernetesRelease } from '../../../test/support/kubernetes-release.ts'
import type { Plan } from '../../deploy/plan.ts'
import { hookJob } from './hook-job.ts'

test('a cause of any length leaves a variable that a program can be started with', () => {
  const release = kubernetesRelease({ api: { start: 'node main.js' } })
  const plan = { release, base: { live: '6-a' }, hash: 'abc' } as unknown as Plan
  const outcome = { state: 'refused', because: 'x'.repeat(1_000_000), proof: '/proof' }
  const deploy = { id: 'd7', kind: 'deploy', by: 'anna', plan } as const
  const { env } = hookJob({ time: 'failed', argv: ['true'], deploy, folder: '/app', path: '/bin', outcome })
  assert.equal(env['BECAUSE'], 'x'.repeat(8_192))
  assert.deepEqual([env['OUTCOME'], env['RELEASE_BEFORE'], env['PROOF']], ['refused', '6-a', '/proof'])
})
