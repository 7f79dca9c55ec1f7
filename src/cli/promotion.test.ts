import assert from 'node:assert/strict'
import { test } from 'node:test'
import { kubernetesRelease } from '../../test/support/kubernetes-release.ts'
import type { Plan } from '../deploy/plan.ts'
import type { Target } from '../deploy/target.ts'
import { mustBeThereStill } from './promotion.ts'

const made = kubernetesRelease({ api: { start: 'node api.js' }, worker: { start: 'node worker.js' } })
const release = {
  ...made,
  artifacts: { api: 'aaaa', worker: 'bbbb' },
  promoted: { environment: 'staging', release: '3-aaaaaaaa', made: { api: 'sha256:11', worker: 'sha256:22' } },
}

function check(plan: object, prepared: readonly string[], fetchable?: readonly string[]): Promise<void> {
  const target = {
    prepared: () => Promise.resolve(prepared),
    ...(fetchable === undefined ? {} : { fetchable: () => Promise.resolve(fetchable) }),
  } satisfies Partial<Target> as unknown as Target
  return mustBeThereStill({ release, operations: [], ...plan } as unknown as Plan, target)
}

test('a plan is refused when an image that it promotes has gone, and only then', async () => {
  await check({}, ['aaaa', 'bbbb'])
  await assert.rejects(check({}, ['aaaa']), {
    code: 'promote.files-gone',
    message: 'not all of what the plan promotes is there any more: worker: sha256:22',
    hint: /`seaworthy promote staging production`/,
  })
  // Where it is yet to be copied, and of a release that this environment's own folder makes.
  await check({ operations: [{ kind: 'prepare', service: 'worker' }] }, ['aaaa'])
  await check({ release: { ...made, artifacts: release.artifacts } }, [])
  // What a registry has by digest is not gone.
  await check({}, ['aaaa'], ['bbbb'])
  await assert.rejects(check({}, ['aaaa'], []), { code: 'promote.files-gone' })
})
