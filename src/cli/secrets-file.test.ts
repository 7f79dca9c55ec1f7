import assert from 'node:assert/strict'
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { parseEnv } from 'node:util'
import { withSecret, writeSecret } from './secrets-file.ts'

test('one value is replaced; comments and every other line stay', () => {
  const text = '# ours\nA=1\n  export KEY = "old # value"  # why\n\nB="x\ny"\n'
  assert.equal(withSecret(text, 'KEY', 'new'), '# ours\nA=1\nKEY=new\n\nB="x\ny"\n')
})

test('a value over several lines is replaced as a whole, and one given twice is given once', () => {
  assert.equal(withSecret('KEY="-----\nA=b\n-----"\nB=2', 'KEY', 'new'), 'KEY=new\nB=2')
  assert.equal(withSecret('KEY=1\r\nB=2\r\nKEY=3\r\nC=4\r\n', 'KEY', 'new'), 'KEY=new\r\nB=2\r\nC=4\r\n')
})

test('a name that is not there yet comes last', () => {
  assert.equal(withSecret('OLD_KEY=1', 'KEY', 'new'), 'OLD_KEY=1\nKEY=new\n')
  assert.equal(withSecret('', 'KEY', 'new'), 'KEY=new\n')
})

test('whatever is written is read again as it was', () => {
  const values = ['a b', 'a#b', "it's", '"', "a'b`c", 'a\nb\n', '$HOME', 'a\\nb', ' lead', 'aGk=', 'x"y\'z', '\\', 'ü€']
  for (const value of values) assert.equal(parseEnv(withSecret('A=1\nKEY=0\n', 'KEY', value))['KEY'], value, value)
})

test('what cannot be written is refused, and so is a line that is a part of another value', () => {
  assert.throws(() => withSecret('KEY=0\n', 'KEY', `'"\``), { code: 'secret.unwritable' })
  assert.throws(() => withSecret('A="\nKEY=1\n"\n', 'KEY', 'new'), { code: 'secret.unwritable' })
})

test('the file keeps its mode and its link, and says where it cannot be written', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'seaworthy-secrets-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const [file, link] = [join(folder, 'real.env'), join(folder, 'link.env')]
  writeFileSync(file, 'KEY=old\n', { mode: 0o400 })
  chmodSync(file, 0o400)
  symlinkSync('real.env', link)
  writeSecret(link, 'KEY', 'new')
  assert.deepEqual([readFileSync(file, 'utf8'), statSync(file).mode & 0o777], ['KEY=new\n', 0o400])
  assert.equal(readFileSync(link, 'utf8'), 'KEY=new\n')
  assert.throws(() => writeSecret(join(folder, 'none', 'x.env'), 'KEY', 'new'), { code: 'secret.not-kept' })
})
