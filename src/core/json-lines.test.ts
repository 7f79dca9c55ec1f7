import assert from 'node:assert/strict'
import { PassThrough } from 'node:stream'
import { test } from 'node:test'
import { readJsonLines, toJsonLine } from './json-lines.ts'

void test('lines cut at any byte arrive whole and in order', () => {
  const bytes = Buffer.from(toJsonLine({ text: 'häßlich\n' }) + '\n' + toJsonLine(2))
  for (let cut = 0; cut <= bytes.length; cut++) {
    const values: unknown[] = []
    const stream = new PassThrough()
    readJsonLines(stream, (value) => values.push(value))
    stream.emit('data', bytes.subarray(0, cut))
    stream.emit('data', bytes.subarray(cut))
    assert.deepEqual(values, [{ text: 'häßlich\n' }, 2])
  }
})

void test('a line that is too long, or no JSON, ends the reading', async () => {
  for (const text of ['"' + 'x'.repeat(20), '"' + 'x'.repeat(20) + '"\n', '{oops}\n1\n']) {
    const values: unknown[] = []
    const stream = new PassThrough()
    readJsonLines(stream, (value) => values.push(value), { bytesMax: 16 })
    const failed = new Promise((resolve) => stream.once('error', resolve))
    stream.write(text)
    assert.ok((await failed) instanceof Error)
    assert.deepEqual(values, [])
  }
})
