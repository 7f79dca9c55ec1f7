import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ControlClient } from '../control/api/client.ts'
import type { Release } from '../deploy/release.ts'
import type { Target } from '../deploy/target.ts'
import { dockerRelease } from '../../test/support/docker-release.ts'
import { again, findEarlier, planFor } from './draft.ts'

const releases = [3, 2, 1].map((sequence) => ({ id: `${sequence}-x`, sequence, artifacts: {} }) as unknown as Release)
const target = { prepared: async () => [] } as unknown as Target

function find(live: string, wanted?: string, before: string | null = null): Promise<Release> {
  const answers: Record<string, unknown> = {
    status: { world: { live } },
    'release.list': { releases, before },
    'migration.list': { contracts: [] },
  }
  const call = async (method: string): Promise<unknown> => answers[method]
  return findEarlier({ call } as unknown as ControlClient, wanted, target)
}

test('a rollback goes to the one that was live before; with --to also forward again', async () => {
  assert.equal((await find('3-x', undefined, '1-x')).id, '1-x')
  assert.equal((await find('1-x', '3')).id, '3-x')
  assert.equal((await find('3-x', '1-x')).id, '1-x')
})

test('what cannot be gone back to is said with every release that can', async () => {
  await assert.rejects(find('2-x', '2'), {
    message: '2-x is live already',
    hint: 'Name one of these with --to: 3-x, 1-x',
  })
  await assert.rejects(find('2-x', '9'), { message: 'there is no release 9 that has been live' })
  await assert.rejects(find('1-x'), {
    message: 'there is no earlier release to go back to',
    hint: 'Name one of these with --to: 3-x, 2-x',
  })
})

test('a restart asks for what its release is made of by the number under which it is known', async () => {
  const live = dockerRelease({ api: { start: 'node api.js', routes: ['/'] } })
  const answers: Record<string, unknown> = {
    status: { world: { live: live.id, warm: null, sequence: 7 }, instances: [], scaling: [] },
    'release.get': { release: live },
    'migration.list': { migrations: [] },
  }
  const control = { call: async (method: string) => answers[method] } as unknown as ControlClient
  const plan = async (kind: 'deploy' | 'restart') => {
    // As on an engine whose images an earlier version of Seaworthy has made: of a known release they will do.
    const knows = {
      prepared: async (release: Release) => (release.id === live.id ? Object.values(release.artifacts) : []),
    } as unknown as Target
    const { operations } = await planFor({ kind, next: again(live, 8), control, target: knows })
    return operations.some((operation) => operation.kind === 'prepare')
  }
  assert.deepEqual([await plan('restart'), await plan('deploy')], [false, true])
})
