import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { test } from 'node:test'
import { tarOf } from './tar.ts'

test('the tar program reads names, owner, mode and content', () => {
  const files = [
    { name: 'EMPTY', bytes: Buffer.from(''), mode: 0o400, owner: 65_532 },
    { name: 'JWT_KEY', bytes: Buffer.from('geheim\n"ü"'), mode: 0o400, owner: 65_532 },
    { name: 'LONG', bytes: Buffer.alloc(1025, 'x'), mode: 0o644, owner: 0 },
  ]
  const archive = tarOf(files)
  const listed = execFileSync('tar', ['--numeric-owner', '-tvf', '-'], { input: archive, encoding: 'utf8' })
  const seen = listed
    .trim()
    .split('\n')
    .map((line) => line.split(/\s+/))
  assert.deepEqual(
    seen.map(([mode, owner, size, , , name]) => [mode, owner, size, name]),
    [
      ['-r--------', '65532/65532', '0', 'EMPTY'],
      ['-r--------', '65532/65532', '11', 'JWT_KEY'],
      ['-rw-r--r--', '0/0', '1025', 'LONG'],
    ],
  )
  for (const { name, bytes } of files)
    assert.deepEqual(execFileSync('tar', ['-xOf', '-', name], { input: archive }), bytes)
})

test('a name that has no room is refused, not cut', () => {
  assert.throws(() => tarOf([{ name: 'n'.repeat(101), bytes: Buffer.from(''), mode: 0o400, owner: 0 }]), /too long/)
})
