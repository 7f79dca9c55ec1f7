import assert from 'node:assert/strict'
import { test } from 'node:test'
import { acrossContract, contractBlockers, contractSince, migrationId, type MigrationRun } from './migration.ts'
import type { Release } from './release.ts'

test('a migration runs again when its variables, its command or its files change, and only then', () => {
  const id = (env: object, expand = ['node', 'migrate.js'], artifact = 'a1'): string =>
    // Nothing else of a release makes a migration another one.
    migrationId(
      { config: { services: { api: { migrate: { expand }, env } } }, artifacts: { api: artifact } } as never,
      'api',
    )
  assert.equal(id({ LEVEL: '1', NAME: 'x' }), id({ NAME: 'x', LEVEL: '1' }))
  assert.notEqual(id({ LEVEL: '1' }), id({ LEVEL: '2' }))
  assert.notEqual(id({}), id({}, ['node', 'other.js']))
  assert.notEqual(id({}), id({}, ['node', 'migrate.js'], 'b2'))
})

const CONTRACT = ['sql', 'contract']

function release(sequence: number, migrationLevel: number, contract: readonly string[] | null = CONTRACT): Release {
  const services = { api: { migrate: { expand: null, contract } } }
  return { id: `${sequence}-x`, sequence, migrationLevel, config: { services } } as unknown as Release
}

function contracted(sequence: number, level: number, more: Partial<MigrationRun> = {}): MigrationRun {
  const run = { phase: 'contract', service: 'api', sequence, level, command: CONTRACT, outcome: 'done', changes: [] }
  return { ...run, ...more } as unknown as MigrationRun
}

function blockers(live: Release, older: readonly Release[], more: { warm?: Release; contracts?: MigrationRun[] } = {}) {
  const { warm = null, contracts = [] } = more
  const world = { live, warm, warmUntil: warm && 5_000, candidate: older[0] ?? null, contracts }
  return contractBlockers(world, 'api').map((blocker) => `${blocker.release}: ${blocker.because}`)
}

test('a contract waits for an older release of a lower level that is warm, or that a rollback would choose', () => {
  assert.deepEqual(blockers(release(2, 1), [release(1, 0)], { warm: release(1, 0) }), ['1-x: warm'])
  assert.deepEqual(blockers(release(2, 1), [release(1, 0)]), ['1-x: rollback candidate'])
})

test('releases of the same level, older ones than the candidate, and none at all stand in nobody’s way', () => {
  assert.deepEqual(blockers(release(3, 1), [release(2, 1), release(1, 0)], { warm: release(2, 1) }), [])
  assert.deepEqual(blockers(release(1, 0), []), [])
})

test('a release that never declared this contract was made before it, whatever its level', () => {
  assert.deepEqual(blockers(release(2, 1), [release(1, 1, null)]), ['1-x: rollback candidate'])
  assert.deepEqual(blockers(release(2, 1), [release(1, 1, ['sql', 'other'])]), ['1-x: rollback candidate'])
})

test('who is barred by another contract already cannot be barred by one more', () => {
  assert.deepEqual(blockers(release(3, 2), [release(1, 0)], { contracts: [contracted(2, 1)] }), [])
})

test('a contract stands before older releases of a lower level, and before no others', () => {
  const contracts = [contracted(3, 1)]
  assert.equal(contractSince(release(1, 0), contracts), contracts[0])
  assert.equal(contractSince(release(2, 1), contracts), null)
  assert.equal(contractSince(release(4, 0), contracts), null)
  assert.equal(contractSince(release(1, 0), []), null)
})

test('a contract under way, or of an unknown end, counts; one that failed only with what it has left', () => {
  const since = (more: Partial<MigrationRun>) => contractSince(release(1, 0), [contracted(3, 1, more)]) !== null
  assert.equal(since({ outcome: 'running' }), true)
  assert.equal(since({ outcome: 'unknown' }), true)
  assert.equal(since({ outcome: 'failed', changes: ['- column items.topic'] }), true)
  assert.equal(since({ outcome: 'failed' }), false)
  assert.equal(since({ phase: 'expand' }), false)
})

test('the refusal of a rollback names the contract, when it ran and who ran it', () => {
  const { code, message } = acrossContract('1-x', contracted(3, 1, { begunAt: 0, by: 'ann@box' }))
  assert.equal(code, 'rollback.across-contract')
  assert.match(message, /1-x .*'sql contract'.* ran at 1970-01-01T00:00:00Z by ann@box/)
})
