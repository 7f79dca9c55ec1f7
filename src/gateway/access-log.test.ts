import assert from 'node:assert/strict'
import { closeSync, openSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { createLineWriter, FLUSH_BYTES, PENDING_BYTES_MAX } from './access-log.ts'
import { throwawayFolder, until } from './testing.ts'

void test('lines arrive in order: when enough has gathered, after a while, and at the end', async () => {
  const folder = throwawayFolder()
  const path = join(folder, 'log')
  const descriptor = openSync(path, 'a')
  const writer = createLineWriter(descriptor)
  const lines = (): string[] => readFileSync(path, 'utf8').split('\n').slice(0, -1)

  writer.write('first\n')
  assert.deepEqual(lines(), [])
  await until(() => lines().length === 1)
  const many = Array.from({ length: FLUSH_BYTES }, (_, index) => `line ${index}`)
  for (const line of many) writer.write(line + '\n')
  writer.write('last\n')
  writer.flushSync()
  // A write that was under way when the end came may have written its part twice, never too little.
  assert.deepEqual([...new Set(lines())], ['first', ...many, 'last'])

  for (let bytes = 0; bytes <= PENDING_BYTES_MAX; bytes += FLUSH_BYTES) writer.write('x'.repeat(FLUSH_BYTES - 1) + '\n')
  writer.write('too much\n')
  writer.flushSync()
  assert.match(lines().at(-1)!, /"dropped":[1-9]/)
  closeSync(descriptor)
  rmSync(folder, { recursive: true, force: true })
})
