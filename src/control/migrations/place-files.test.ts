import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { placeFiles } from './place-files.ts'

test('files are placed as they were sent, in the place of those before; none lies outside', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'seaworthy-place-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const own = join(folder, 'files')
  placeFiles(own, [{ path: 'old.sql', text: '' }])
  assert.equal(placeFiles(own, [{ path: 'migrations/001.sql', text: 'select 1' }]), own)
  assert.equal(readFileSync(join(own, 'migrations/001.sql'), 'utf8'), 'select 1')
  assert.ok(!existsSync(join(own, 'old.sql')))
  for (const path of ['../out.sql', '/etc/x', 'a/../../out.sql', 'a/../b.sql', ''])
    assert.throws(() => placeFiles(own, [{ path, text: '' }]), { code: 'migration.sql-unreadable' }, path)
  assert.ok(!existsSync(join(folder, 'out.sql')))
})
