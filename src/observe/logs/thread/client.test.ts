import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { LogThread } from './client.ts'

const OUTPUTS = 12
const LINES = 1_500

void test('questions are answered between one output and the next, however much was written', async (t) => {
  const stateFolder = mkdtempSync(join(tmpdir(), 'seaworthy-thread-'))
  const folder = join(stateFolder, 'logs')
  mkdirSync(folder)
  for (let output = 1; output <= OUTPUTS; output++) {
    const text = Array.from({ length: LINES }, (_, index) => `number${index} of them\n`).join('')
    writeFileSync(join(folder, `api@1-aaaaaaaa-${output}.log`), text)
  }
  const thread = new LogThread({ stateFolder, secretsOf: () => [], onTrouble: (what) => assert.fail(what) })
  t.after(async () => {
    await thread.close()
    rmSync(stateFolder, { recursive: true, force: true })
  })
  const seen = new Set<number>()
  const until = Date.now() + 30_000
  while (!seen.has(OUTPUTS) && Date.now() < until) {
    // One line of each output has the word.
    const { lines } = await thread.call('search', { query: { text: 'number0' }, limit: 100 })
    seen.add(lines.length)
  }
  assert.ok(seen.has(OUTPUTS), 'everything is kept')
  assert.ok([...seen].filter((count) => count > 0 && count < OUTPUTS).length > 0, `seen: ${[...seen].join(', ')}`)
})
