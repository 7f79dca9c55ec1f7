import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { PAGE_BYTES_MAX } from '../../control/pause.ts'
import { readPage } from './pause.ts'

test('a page is a file of bounded size: a pipe, a device and a folder are refused at once', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'seaworthy-page-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const [pipe, page, large] = ['pipe', 'page.html', 'large.html'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ]
  execFileSync('mkfifo', [pipe])
  writeFileSync(page, 'é'.repeat(PAGE_BYTES_MAX / 2))
  writeFileSync(large, 'x'.repeat(PAGE_BYTES_MAX + 1))
  for (const file of [pipe, '/dev/zero', folder, join(folder, 'missing')])
    assert.throws(() => readPage(file), { code: 'pause.page-unreadable' }, file)
  assert.throws(() => readPage(large), { code: 'pause.page-too-large' })
  assert.equal(readPage(page), 'é'.repeat(PAGE_BYTES_MAX / 2))
})
