import assert from 'node:assert/strict'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { BLOCKS_FILE, readBlocks } from '../../guard/reputation/block-journal.ts'
import type { Block } from '../../guard/reputation/block.ts'
import { throwawayFolder } from '../testing.ts'
import { SavedBlocks } from './saved-blocks.ts'

const blockOf = (address: string): Block => ({
  address,
  reason: 'r',
  source: 'manual',
  untilMs: null,
  atMs: 1,
  by: 'control',
  times: 0,
})

void test('what is in force is saved; what two workers are told is noted once; a control that begins anew is believed', () => {
  const folder = throwawayFolder()
  const saved = new SavedBlocks(folder)
  const inFile = (): readonly string[] => [...readBlocks(join(folder, BLOCKS_FILE)).blocks.keys()]
  // Before it is known what was in force a change says nothing.
  saved.change(9, [{ add: blockOf('203.0.113.9') }])
  assert.deepEqual(inFile(), [])
  saved.replace(4, [blockOf('203.0.113.1')])
  for (const _ of [1, 2]) saved.change(5, [{ add: blockOf('203.0.113.2') }])
  assert.deepEqual(inFile(), ['203.0.113.1', '203.0.113.2'])
  assert.equal(readBlocks(join(folder, BLOCKS_FILE)).lines, 2)
  saved.change(6, [{ remove: '203.0.113.1' }])
  assert.deepEqual(inFile(), ['203.0.113.2'])
  saved.replace(0, [blockOf('203.0.113.3')])
  saved.change(1, [{ add: blockOf('203.0.113.4') }])
  assert.deepEqual(inFile(), ['203.0.113.3', '203.0.113.4'])
  rmSync(folder, { recursive: true })
})
