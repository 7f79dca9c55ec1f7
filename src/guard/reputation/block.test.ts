import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseAddress } from './address.ts'
import { BlockTable, type Block } from './block.ts'

const blockOf = (address: string, parts: Partial<Block> = {}): Block => ({
  address,
  reason: 'probes',
  source: 'manual',
  untilMs: null,
  atMs: 0,
  by: 'anna@host',
  times: 0,
  ...parts,
})

function tableOf(...blocks: readonly Block[]): BlockTable {
  const table = new BlockTable()
  for (const block of blocks) table.add(block)
  return table
}

const found = (table: BlockTable, text: string, nowMs = 0): string | null =>
  table.find(parseAddress(text)!, nowMs)?.address ?? null

test('an address is found in its own block and in that of a network around it, in both families', () => {
  const table = tableOf(blockOf('192.0.2.7'), blockOf('198.51.100.0/24'), blockOf('2001:db8:1:2::/64'))
  assert.equal(found(table, '192.0.2.7'), '192.0.2.7')
  assert.equal(found(table, '192.0.2.8'), null)
  assert.equal(found(table, '198.51.100.255'), '198.51.100.0/24')
  assert.equal(found(table, '2001:db8:1:2::99'), '2001:db8:1:2::/64')
  assert.equal(found(table, '2001:db8:1:3::99'), null)
})

test('everything of one family says nothing about the other', () => {
  assert.equal(found(tableOf(blockOf('::/0')), '192.0.2.1'), null)
  assert.equal(found(tableOf(blockOf('0.0.0.0/0')), '2001:db8::1'), null)
  assert.equal(found(tableOf(blockOf('::/0')), '2001:db8::1'), '::/0')
  assert.equal(found(tableOf(blockOf('0.0.0.0/0')), '192.0.2.1'), '0.0.0.0/0')
})

test('a block ends at its time, and the longer one around it goes on', () => {
  const table = tableOf(blockOf('192.0.2.7', { untilMs: 100 }), blockOf('192.0.2.0/24', { untilMs: 200 }))
  assert.equal(found(table, '192.0.2.7', 99), '192.0.2.7')
  assert.equal(found(table, '192.0.2.7', 100), '192.0.2.0/24')
  assert.equal(found(table, '192.0.2.7', 200), null)
})

test('a block replaces one of the same network, and can be taken away in any spelling', () => {
  const table = tableOf(blockOf('192.0.2.7', { untilMs: 1 }), blockOf('192.0.2.7', { untilMs: 500 }))
  assert.equal(table.size, 1)
  assert.equal(found(table, '192.0.2.7', 400), '192.0.2.7')
  assert.equal(table.remove('::ffff:192.0.2.7'), true)
  assert.equal(table.remove('192.0.2.7'), false)
  assert.equal(found(table, '192.0.2.7'), null)
  assert.equal(table.size, 0)
})
