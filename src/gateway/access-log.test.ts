import assert from 'node:assert/strict'
import { closeSync, openSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { createLineWriter, formatAccessLine, FLUSH_BYTES, PENDING_BYTES_MAX } from './access-log.ts'
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

void test('a line is the JSON of its fields, whatever stands in them', () => {
  const line = {
    id: 'a"b',
    method: 'G\\T',
    path: '/\\x\u0001\u00e9',
    status: 200,
    durationMs: 1.25,
    service: null,
    instance: 'api@1-1',
    release: '1',
    bytes: 0,
    client: '::1',
  }
  const { time, ...rest } = JSON.parse(formatAccessLine(line)) as Record<string, unknown>
  assert.deepEqual(rest, { level: 'info', part: 'access', ...line })
  assert.ok(Math.abs(Date.parse(String(time)) - Date.now()) < 5_000)
  const held = JSON.parse(formatAccessLine({ ...line, service: 'api', heldMs: 3, aborted: true })) as object
  assert.deepEqual(
    { ...held, time: '' },
    { time: '', level: 'info', part: 'access', ...line, service: 'api', heldMs: 3, aborted: true },
  )
})
