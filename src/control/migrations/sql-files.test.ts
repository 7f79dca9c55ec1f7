import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { notApplied, readSqlFiles, sqlCommand } from './sql-files.ts'

function folderOf(t: TestContext, files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'seaworthy-sql-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
  return folder
}

test("a command whose first word is 'sql' names a path and, where it must, a need", () => {
  assert.equal(sqlCommand(['node', 'migrate.ts']), null)
  assert.deepEqual(sqlCommand(['sql', 'migrations']), { path: 'migrations', need: null })
  assert.deepEqual(sqlCommand(['sql', 'migrations', 'db']), { path: 'migrations', need: 'db' })
  for (const words of [['sql'], ['sql', 'a', 'db', 'more']])
    assert.throws(() => sqlCommand(words), { code: 'migration.sql-unreadable' })
})

test('the files of a folder come in the order of their names, others are left out', (t) => {
  const folder = folderOf(t, { '010.sql': 'ten', '002.sql': 'two', 'README.md': '', 'B.sql': 'b', 'a.sql': 'a' })
  const names = (path: string): readonly string[] => readSqlFiles(path).map(({ name }) => name)
  assert.deepEqual(names(folder), ['002.sql', '010.sql', 'B.sql', 'a.sql'])
  assert.deepEqual(names(join(folder, '010.sql')), ['010.sql'])
})

test('an empty folder, a path that is not there, and a file that wants no transaction are refused', (t) => {
  const folder = folderOf(t, { 'x.sql': '-- no transaction\ncreate index concurrently i on t (a);' })
  assert.throws(() => readSqlFiles(folder), /x\.sql asks to run without a transaction/)
  assert.throws(() => readSqlFiles(folderOf(t, {})), { code: 'migration.sql-unreadable' })
  assert.throws(() => readSqlFiles(join(folder, 'nowhere')), { code: 'migration.sql-unreadable' })
})

test('what the ledger has is left out, and refused when its text is another one now', (t) => {
  const files = readSqlFiles(folderOf(t, { '1.sql': 'one', '2.sql': 'two' }))
  const ledger = new Map([['1.sql', files[0]!.sha256]])
  assert.deepEqual(
    notApplied(files, ledger).map(({ name }) => name),
    ['2.sql'],
  )
  assert.throws(() => notApplied(files, new Map([['1.sql', 'other']])), {
    code: 'migration.sql-changed',
    message: '1.sql was applied before, with another text',
  })
})
