import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { checkTable } from './table-check.ts'
import { LAST_GOOD_FILE, readSavedTable, saveTable, TABLE_FILE } from './table-store.ts'
import type { RoutingTable } from './table.ts'
import { tableOf, throwawayFolder } from './testing.ts'

const upstream = { id: 'api@1-1', host: '127.0.0.1', port: 1, release: '1' }

void test('nothing saved is no table', (context) => {
  assert.equal(readSavedTable(folderOf(context)), null)
})

void test('table.json cut or damaged at any byte: the last good one is read', (context) => {
  const folder = folderOf(context)
  const table = tableOf([upstream])
  saveTable(folder, table)
  const bytes = readFileSync(join(folder, TABLE_FILE))
  for (let length = 0; length <= bytes.length; length++) {
    writeFileSync(join(folder, TABLE_FILE), bytes.subarray(0, length))
    assert.deepEqual(readSavedTable(folder), table, `cut at ${length}`)
  }
  const digit = bytes.indexOf('"version') + '"version'.length + 4
  bytes[digit] = bytes[digit] === 0x39 ? 0x38 : 0x39
  writeFileSync(join(folder, TABLE_FILE), bytes)
  assert.deepEqual(readSavedTable(folder), table, 'a flipped byte')
})

void test('a save that stops at any byte of either file leaves the old table or the new one', (context) => {
  for (const damaged of [null, TABLE_FILE, LAST_GOOD_FILE]) {
    const old = tableOf([upstream])
    const next = tableOf([upstream], { release: '2' })
    const folder = folderOf(context)
    const reset = (): void => {
      for (const file of [TABLE_FILE, LAST_GOOD_FILE]) rmSync(join(folder, file), { force: true })
      saveTable(folder, old)
      if (damaged !== null) writeFileSync(join(folder, damaged), '{')
    }
    reset()
    const first = firstWritten(folder, next)
    const second = first === TABLE_FILE ? LAST_GOOD_FILE : TABLE_FILE
    reset()
    saveTable(folder, next)
    const bytes = readFileSync(join(folder, TABLE_FILE))
    for (let length = 0; length <= bytes.length; length += 7) {
      reset()
      writeFileSync(join(folder, first), bytes.subarray(0, length))
      assert.ok(readSavedTable(folder) !== null, `${first} stopped at ${length}, ${damaged} was damaged before`)
      writeFileSync(join(folder, first), bytes)
      writeFileSync(join(folder, second), bytes.subarray(0, length))
      assert.deepEqual(readSavedTable(folder), next, `${second} stopped at ${length}`)
    }
  }
})

void test('what the workers would refuse is not saved', (context) => {
  const folder = folderOf(context)
  const older = tableOf([upstream])
  const saved = tableOf([upstream], { token: 2 })
  saveTable(folder, saved)
  for (const wrong of [older, saved, tableOf([upstream]), tableOf([upstream], { token: 2, trustedProxies: ['x'] })]) {
    assert.throws(() => saveTable(folder, wrong), { code: 'gateway.table-refused' })
  }
  assert.deepEqual(readSavedTable(folder), saved)
})

void test('a table of another shape is refused with the place that is wrong', () => {
  const table = tableOf([upstream])
  assert.equal(checkTable(table), table)
  assert.equal(checkTable(null), 'table is no object')
  assert.equal(checkTable({ ...table, version: '1' }), 'table.version is no whole number')
  assert.equal(
    checkTable({ ...table, services: { api: { kind: 'x' } } }),
    'table.services.api.kind is none of upstreams, files, none',
  )
  assert.equal(
    checkTable({ ...table, routes: [{ host: null, path: 'api', service: 'api' }] }),
    'table.routes[0].path does not begin with /',
  )
})

/** Which of the two files a save replaces first: the one that is new when `table.json` cannot be written. */
function firstWritten(folder: string, next: RoutingTable): string {
  const before = readFileSync(join(folder, LAST_GOOD_FILE), 'utf8')
  const obstacle = join(folder, `.${TABLE_FILE}.${process.pid}.tmp`)
  mkdirSync(obstacle)
  assert.throws(() => saveTable(folder, next), { code: 'EISDIR' })
  rmdirSync(obstacle)
  return readFileSync(join(folder, LAST_GOOD_FILE), 'utf8') === before ? TABLE_FILE : LAST_GOOD_FILE
}

function folderOf(context: { after(act: () => void): void }): string {
  const folder = throwawayFolder()
  context.after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}
