import assert from 'node:assert/strict'
import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { BlockJournal, readBlocks, type BlockChange } from './block-journal.ts'
import type { Block } from './block.ts'

const blockOf = (address: string): Block => ({
  address,
  reason: 'probes',
  source: 'manual',
  untilMs: null,
  atMs: 7,
  by: 'anna@host',
  times: 0,
})

function make(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'seaworthy-blocks-'))
  const file = join(folder, 'blocks.jsonl')
  const blocks = new Map<string, Block>()
  const journal = new BlockJournal(file, () => blocks.values())
  t.after(() => {
    journal.close()
    rmSync(folder, { recursive: true, force: true })
  })
  const change = (...changes: readonly BlockChange[]): boolean => {
    for (const one of changes)
      if ('add' in one) blocks.set(one.add.address, one.add)
      else blocks.delete(one.remove)
    return journal.append(changes)
  }
  return { folder, file, journal, blocks, change }
}

test('what was added and not removed is read again, also with a line that a crash has cut', (t) => {
  const { file, change } = make(t)
  assert.equal(readBlocks(file).blocks.size, 0)
  assert.ok(change({ add: blockOf('192.0.2.1') }, { add: blockOf('192.0.2.2') }))
  assert.ok(change({ add: blockOf('2001:db8::/64') }))
  assert.ok(change({ remove: '192.0.2.1' }))
  appendFileSync(file, '{"add":{"address":"192.0.2.9","rea')
  const { blocks, damaged } = readBlocks(file)
  assert.deepEqual([...blocks.keys()], ['192.0.2.2', '2001:db8::/64'])
  assert.deepEqual(blocks.get('192.0.2.2'), blockOf('192.0.2.2'))
  assert.equal(damaged, 1)
  assert.equal(statSync(file).mode & 0o777, 0o600)
})

test('lines that are no change are left out and counted', (t) => {
  const { file } = make(t)
  const lines = [
    'x',
    'null',
    '{"add":{}}',
    JSON.stringify({ add: { ...blockOf('192.0.2.1'), untilMs: 'soon' } }),
    JSON.stringify({ add: blockOf('nowhere') }),
    JSON.stringify({ add: blockOf('192.0.2.3') }),
  ]
  appendFileSync(file, lines.join('\n') + '\n')
  const { blocks, damaged } = readBlocks(file)
  assert.deepEqual([[...blocks.keys()], damaged], [['192.0.2.3'], 5])
})

test('the file does not grow without bound while blocks come and go', (t) => {
  const { file, change } = make(t)
  change({ add: blockOf('192.0.2.1') })
  for (let round = 0; round < 5_000; round++) change({ add: blockOf('192.0.2.2') }, { remove: '192.0.2.2' })
  const lines = readFileSync(file, 'utf8').split('\n').length
  assert.ok(lines < 1_200, `${lines} lines`)
  assert.deepEqual([...readBlocks(file).blocks.keys()], ['192.0.2.1'])
})

test('what could not be written is written when that is possible again', (t) => {
  const { folder, file, blocks } = make(t)
  const blocked = join(folder, 'a-file')
  appendFileSync(blocked, '')
  blocks.set('192.0.2.1', blockOf('192.0.2.1'))
  const journal = new BlockJournal(join(blocked, 'blocks.jsonl'), () => blocks.values())
  assert.equal(journal.append([{ add: blockOf('192.0.2.1') }]), false)
  assert.equal(journal.catchUp(), false)
  rmSync(blocked)
  mkdirSync(blocked)
  assert.equal(journal.catchUp(), true)
  journal.close()
  assert.deepEqual([...readBlocks(join(blocked, 'blocks.jsonl')).blocks.keys()], ['192.0.2.1'])
  assert.equal(readBlocks(file).blocks.size, 0)
})
