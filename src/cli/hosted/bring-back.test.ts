import assert from 'node:assert/strict'
import { mkdtempDisposableSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { dockerRelease } from '../../../test/support/docker-release.ts'
import type { Status } from '../../control/api/contract.ts'
import { Problem } from '../../core/problem.ts'
import { hasMadeRoom, type DeployRecord } from '../../deploy/journal.ts'
import { bringBack, type Back } from './bring-back.ts'

/** A deploy of a service that is recreated, left after these operations had begun. */
function leftAfter(...begun: readonly string[]): DeployRecord {
  const operations = ['prepare', 'stop', 'start', 'switch'].map((kind) => ({
    id: kind === 'switch' ? kind : `${kind}:api`,
    kind,
  }))
  return {
    plan: { operations },
    journal: begun.map((operation) => ({ operation, point: 'begin' })),
  } as unknown as DeployRecord
}

test('a deploy has made room from its first stop until traffic may have reached its release', () => {
  assert.equal(hasMadeRoom(null), false)
  assert.equal(hasMadeRoom(leftAfter('prepare:api')), false)
  assert.equal(hasMadeRoom(leftAfter('prepare:api', 'stop:api')), true)
  assert.equal(hasMadeRoom(leftAfter('prepare:api', 'stop:api', 'start:api')), true)
  assert.equal(hasMadeRoom(leftAfter('prepare:api', 'stop:api', 'start:api', 'switch')), false)
})

/** What is asked of control and of the place, in order, by a command that does not get the lease. */
async function askedFor(
  running: DeployRecord | null,
  heldServices: readonly string[] = [],
): Promise<readonly string[]> {
  using folder = mkdtempDisposableSync(join(tmpdir(), 'seaworthy-back-'))
  const { config } = dockerRelease({ api: { start: 'node api.js' } })
  const asked: string[] = []
  const answers: Readonly<Record<string, unknown>> = {
    'roster.owed': { owed: [] },
    'release.get': { release: { id: '1-x', config } },
    status: { owedHooks: [] },
  }
  const call = async (method: string): Promise<unknown> => {
    asked.push(method)
    if (method === 'lease.acquire') throw new Problem('environment.down', 'nobody answers')
    return answers[method]
  }
  const look = async (what: string, answer: unknown): Promise<unknown> => {
    asked.push(what)
    return answer
  }
  const back = {
    project: { app: config, folder: folder.path, stateFolder: join(folder.path, '.seaworthy'), hosts: [] },
    hosted: { gone: () => look('gone', []), isWhole: () => look('isWhole', true) },
    control: { call },
    secrets: { of: () => ({}) },
    narrator: { note: () => {}, event: () => {} },
  } as unknown as Back
  await bringBack(back, { running, heldServices } as Status, '1-x').catch((error: unknown) => {
    if (!(error instanceof Problem)) throw error
  })
  return asked
}

test('what is live is not looked at, let alone started, before such a deploy is undone', async () => {
  assert.deepEqual(await askedFor(null), ['roster.owed', 'release.get', 'gone', 'isWhole'])
  assert.equal((await askedFor(leftAfter('stop:api')))[0], 'lease.acquire')
  assert.ok(!(await askedFor(leftAfter('stop:api'))).includes('isWhole'))
})

test('all runs, but what was held for a release that did not come is out of the traffic: it is brought back', async () => {
  assert.ok((await askedFor(null, ['api'])).includes('lease.acquire'))
})
