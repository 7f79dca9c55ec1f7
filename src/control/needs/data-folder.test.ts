import assert from 'node:assert/strict'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { createData } from './data-folder.ts'
import type { Engine, ServerPlace } from './engine.ts'

test('data appear whole or not at all, and what an earlier try left is gone', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'seaworthy-data-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const place = { data: join(folder, 'data'), account: null } as ServerPlace
  const installation = { version: '1.0', folder: '/' }
  let fails = true
  const engine = {
    create: async ({ data }: ServerPlace) => {
      writeFileSync(join(data, 'half'), 'made')
      if (fails) throw new Error('No space left on device')
    },
  } as unknown as Engine
  // Somebody was killed in the middle of it.
  mkdirSync(join(folder, 'making-1-1'))
  await assert.rejects(createData(engine, place, installation), /No space left/)
  assert.deepEqual(readdirSync(folder), [])

  fails = false
  assert.equal(await createData(engine, place, installation), true)
  assert.deepEqual(readdirSync(folder), ['data'])
  assert.ok(existsSync(join(place.data, 'half')))
  assert.equal(await createData(engine, place, installation), false)
})
