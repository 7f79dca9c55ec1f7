import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { CHAIN_START } from '../core/hash-chain.ts'
import { savedHead } from './saved-head.ts'
import { State } from './state.ts'

test('the end of each chain is told while control writes and after it has ended', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'seaworthy-head-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  assert.deepEqual(savedHead(folder, 'auditHead'), CHAIN_START)
  const state = new State(join(folder, 'state.db'))
  assert.deepEqual(savedHead(folder, 'securityHead'), CHAIN_START)
  const head = { sequence: 7, hash: 'a'.repeat(64) }
  state.set('auditHead', head)
  assert.deepEqual([savedHead(folder, 'auditHead'), savedHead(folder, 'securityHead')], [head, CHAIN_START])
  state.close()
  assert.deepEqual(savedHead(folder, 'auditHead'), head)
})
