import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { test } from 'node:test'
import { newSecret } from './new-secret.ts'

const ALONE = { generate: null, from: null }

function piped(text: string): NodeJS.ReadStream {
  const stream = new PassThrough()
  stream.end(text)
  return stream as unknown as NodeJS.ReadStream
}

test('a value comes by a pipe or from a file, without the line break at its end', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'seaworthy-secret-'))
  t.after(() => rmSync(folder, { recursive: true }))
  writeFileSync(join(folder, 'key'), '-----\nabc\n-----\n')
  assert.equal(await newSecret('KEY', { ...ALONE, stdin: piped('a b\r\n') }), 'a b')
  assert.equal(await newSecret('KEY', { ...ALONE, stdin: piped(''), from: join(folder, 'key') }), '-----\nabc\n-----')
})

test('generated ones are as long as asked, and never the same', async () => {
  const make = () => newSecret('KEY', { ...ALONE, stdin: piped(''), generate: 32 })
  assert.match(await make(), /^[\w-]{43}$/)
  assert.notEqual(await make(), await make())
})

test('nothing, a placeholder and what no variable can hold are refused', async () => {
  for (const text of ['', '\n', 'changeme', 'a\0b'])
    await assert.rejects(newSecret('KEY', { ...ALONE, stdin: piped(text) }), { code: 'secret.no-value' }, text)
  await assert.rejects(newSecret('KEY', { ...ALONE, stdin: piped(''), from: '/nowhere/key' }), {
    code: 'secret.no-value',
  })
})
