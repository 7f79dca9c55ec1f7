import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { parseNetwork } from './address.ts'
import { createReputation } from './standalone.ts'

const attack = (client: string) => ({
  client,
  kind: 'threat' as const,
  class: 'sqli' as const,
  score: 100,
  refused: true,
})

test('in a program of its own: attacks block a client and its /64, for a time, never the allow-list', () => {
  let at = 0
  const reputation = createReputation({ allow: ['192.0.2.9'], now: () => at })
  const client = '2001:db8:1:2::7'
  const begun = [1, 2, 3, 4, 5].map(() => reputation.note(attack(client))?.address ?? null)
  assert.deepEqual(begun, [null, null, null, '2001:db8:1:2::/64', null])
  assert.equal(reputation.refusalOf('2001:db8:1:2:ffff::1')?.source, 'automatic')
  assert.ok(reputation.riskOf(client).risk > 80)
  for (let count = 0; count < 9; count++) assert.equal(reputation.note(attack('192.0.2.9')), null)
  at += 15 * 60_000
  assert.equal(reputation.refusalOf(client), null)
})

test('blocks by hand outlive the process where a file is named, and feeds are replaced by name', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'seaworthy-alone-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const file = join(folder, 'blocks.jsonl')
  const first = createReputation({ file })
  first.blocks.add(parseNetwork('192.0.2.0/24')!, { reason: 'probes', forMs: null, by: 'anna' })
  first.blocks.close()
  const next = createReputation({ file, block: ['198.51.100.1'] })
  assert.deepEqual([next.refusalOf('192.0.2.5')?.source, next.refusalOf('198.51.100.1')?.source], ['manual', 'config'])
  next.blocks.remove(parseNetwork('192.0.2.0/24')!, 'anna')
  assert.equal(next.refusalOf('192.0.2.5'), null)
  assert.equal((await next.feed('friends', '203.0.113.1\nnonsense')).badCount, 1)
  assert.equal(next.refusalOf('203.0.113.1')?.reason, 'friends')
  await next.feed('friends', '203.0.113.2')
  assert.deepEqual([next.refusalOf('203.0.113.1'), next.refusalOf('203.0.113.2')?.source], [null, 'feed'])
  next.blocks.close()
})
