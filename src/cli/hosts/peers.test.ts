import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Problem } from '../../core/problem.ts'
import type { EngineControl, RolloutOutcome } from '../../deploy/engine.ts'
import { withPeers, type Peers } from './peers.ts'

/** The rollout of one host whose others say nothing yet, when somebody has interrupted it. */
function interruptedAfter(outcome: RolloutOutcome['outcome']): Promise<RolloutOutcome> {
  const control = {
    deploy: async () => ({ plan: { base: { live: '1-x' } } }),
    rollOut: async () => ({ outcome, text: '' }),
  } as unknown as EngineControl
  const others: Peers = {
    ready: async () => {},
    onBack: () => {},
    switched: (kept) => new Promise((resolve) => void (kept || setImmediate(resolve, null))),
  }
  const signal = AbortSignal.abort(new Problem('deploy.interrupted', 'interrupted'))
  return withPeers(control, others).rollOut('d1', () => {}, signal)
}

test('interrupted, a host whose switch was kept does not wait for the others', async () => {
  await assert.rejects(interruptedAfter('switched'), { code: 'deploy.interrupted' })
})

test('what has failed here is told all the same: it is for the command to go back', async () => {
  assert.equal((await interruptedAfter('failed')).outcome, 'failed')
})
