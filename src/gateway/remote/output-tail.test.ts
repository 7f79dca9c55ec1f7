import assert from 'node:assert/strict'
import { appendFileSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { OutputTail, sizesIn } from './output-tail.ts'

function folderOf(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'seaworthy-output-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

function tailOf(folder: string): { look(): string } {
  let said = ''
  const tail = new OutputTail(folder, sizesIn(folder), (lines) => (said += Buffer.from(lines).toString()))
  return {
    look() {
      said = ''
      tail.look()
      return said
    },
  }
}

test('whole lines of every file are told, each once, also of a file that comes later', (t) => {
  const folder = folderOf(t)
  const tail = tailOf(folder)
  assert.equal(tail.look(), '')
  const [one, two] = ['gateway-1.log', 'relay.log'].map((name) => join(folder, name)) as [string, string]
  writeFileSync(one, 'a\nb\nbegun')
  assert.equal(tail.look(), 'a\nb\n')
  appendFileSync(one, ' and ended\n')
  writeFileSync(two, 'c\n')
  writeFileSync(join(folder, 'gateway-1.log.1'), 'rotated\n')
  assert.equal(tail.look(), 'begun and ended\nc\n')
  assert.equal(tail.look(), '')
})

test('what an earlier life has written is not told again; a file that was emptied is told from its beginning', (t) => {
  const folder = folderOf(t)
  const file = join(folder, 'gateway-1.log')
  writeFileSync(file, 'before\n')
  const tail = tailOf(folder)
  assert.equal(tail.look(), '')
  appendFileSync(file, 'after\n')
  assert.equal(tail.look(), 'after\n')
  truncateSync(file)
  appendFileSync(file, 'anew\n')
  assert.equal(tail.look(), 'anew\n')
})

test('more than is told at once comes whole, and a line without an end does not stand in the way', (t) => {
  const folder = folderOf(t)
  const tail = tailOf(folder)
  const lines = `${'x'.repeat(99)}\n`.repeat(25_000)
  writeFileSync(join(folder, 'gateway-1.log'), lines)
  assert.equal(tail.look(), lines)
  const endless = 'y'.repeat(1024 * 1024 + 10)
  appendFileSync(join(folder, 'gateway-1.log'), endless)
  assert.equal(tail.look(), endless.slice(0, 1024 * 1024))
  appendFileSync(join(folder, 'gateway-1.log'), '\n')
  assert.equal(tail.look(), `${'y'.repeat(10)}\n`)
})
