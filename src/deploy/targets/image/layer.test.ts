import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { appendFileSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { test } from 'node:test'
import { layerChunks, measureLayer, type LayerEntry } from './layer.ts'

const folder = mkdtempSync(join(tmpdir(), 'seaworthy-layer-'))
test.after(() => rmSync(folder, { recursive: true, force: true }))
const file = join(folder, 'file')
const DEEP = `${'d'.repeat(90)}/${'e'.repeat(90)}/name`

const entries = (): readonly LayerEntry[] => {
  writeFileSync(file, 'x'.repeat(3_000_000))
  return [
    { path: 'z/copy', kind: 'copy', from: file, size: 3_000_000, mode: 0o755, owner: 0 },
    { path: 'state', kind: 'folder', mode: 0o700, owner: 65_532 },
    { path: 'a/link', kind: 'link', leadsTo: '../z/copy', mode: 0o777, owner: 0 },
    { path: DEEP, kind: 'file', bytes: Buffer.from('deep'), mode: 0o644, owner: 0 },
  ]
}

test('the tar program reads a layer as it was meant, folders in between included', async () => {
  const { entries: arranged } = await measureLayer('test', entries())
  const archive = Buffer.concat(await Readable.from(layerChunks(arranged)).toArray())
  const listed = execFileSync('tar', ['--numeric-owner', '--utc', '--full-time', '-tvf', '-'], { input: archive })
  const rows = listed
    .toString()
    .trim()
    .split('\n')
    .map((line) => line.replaceAll(/ +/g, ' '))
  const at = '1970-01-01 00:00:00'
  assert.deepEqual(rows, [
    `drwxr-xr-x 0/0 0 ${at} a/`,
    `lrwxrwxrwx 0/0 0 ${at} a/link -> ../z/copy`,
    `drwxr-xr-x 0/0 0 ${at} ${'d'.repeat(90)}/`,
    `drwxr-xr-x 0/0 0 ${at} ${'d'.repeat(90)}/${'e'.repeat(90)}/`,
    `-rw-r--r-- 0/0 4 ${at} ${DEEP}`,
    `drwx------ 65532/65532 0 ${at} state/`,
    `drwxr-xr-x 0/0 0 ${at} z/`,
    `-rwxr-xr-x 0/0 3000000 ${at} z/copy`,
  ])
  assert.equal(execFileSync('tar', ['-xOf', '-', DEEP], { input: archive }).toString(), 'deep')
})

test('the same content is the same layer, in whatever order and of whatever time; its digest is that of its tar', async () => {
  const one = await measureLayer('test', entries())
  utimesSync(file, 1, 1)
  const other = await measureLayer('test', entries().toReversed())
  assert.equal(other.digest, one.digest)
  const archive = Buffer.concat(await Readable.from(layerChunks(one.entries)).toArray())
  assert.equal(one.digest, `sha256:${createHash('sha256').update(archive).digest('hex')}`)
  assert.equal(one.bytes, archive.length)
})

test('a file that grows or shrinks meanwhile is refused, not cut', async () => {
  const listed = entries()
  appendFileSync(file, 'more')
  await assert.rejects(measureLayer('test', listed), /had 3000000 bytes and now has 3000004: it is being written/)
  writeFileSync(file, 'less')
  await assert.rejects(measureLayer('test', listed), /now has 4/)
})
