import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Logger } from '../../core/logger.ts'
import { Rollouts, type RolloutsWorld } from './rollouts.ts'

test('a release without an instance of a service gets no traffic', () => {
  const release = { id: '2-y' }
  const saved: unknown[] = []
  const state = {
    rollout: () => null,
    deploy: () => ({ plan: { release, operations: [] } }),
    saveRollout: (row: unknown) => saved.push(row),
  }
  const world = { state, lacking: (of: unknown) => (of === release ? 'api' : null) } as unknown as RolloutsWorld
  assert.throws(() => new Rollouts(world, {} as Logger).begin('d2', 7), {
    code: 'release.no-instance',
    message: 'api of 2-y has no instance: it gets no traffic',
  })
  assert.deepEqual(saved, [])
})

test('nor when its switch is made once more: what was there may have ended since it failed', () => {
  const release = { id: '2-y' }
  const rowOf = (failedIn: string) => ({ deploy: 'd2', token: 1, phase: 'settled', detail: { failedIn } })
  for (const failedIn of ['canary', 'switch']) {
    const state = { rollout: () => rowOf(failedIn), deploy: () => ({ plan: { release, operations: [] } }) }
    const world = { state, lacking: () => 'api' } as unknown as RolloutsWorld
    assert.throws(() => new Rollouts(world, {} as Logger).begin('d2', 7), {
      code: 'release.no-instance',
      hint: /^Run `seaworthy deploy --abort`/,
    })
  }
})
