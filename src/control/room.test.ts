import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { makeSmallDisk } from '../../test/support/small-disk.ts'
import { Room, ROOM_BYTES } from './room.ts'

function open(folder: string) {
  const file = join(folder, 'state.db')
  const db = new DatabaseSync(file)
  db.exec('pragma journal_mode = wal; pragma synchronous = full')
  db.exec('create table if not exists events (text text)')
  const write = (): void => void db.prepare('insert into events values (?)').run('x'.repeat(1_000))
  return { file, db, write, room: new Room(db, file), [Symbol.dispose]: () => db.close() }
}

void test('room is put aside once, and anew when half of it is used', () => {
  const folder = mkdtempSync(join(tmpdir(), 'seaworthy-room-'))
  try {
    using state = open(folder)
    assert.equal(state.room.bytes, 0)
    state.room.keep()
    const full = state.room.bytes
    assert.ok(full >= ROOM_BYTES, String(full))
    const sizeOf = (): number => statSync(state.file).size
    const size = sizeOf()
    state.write()
    const changes = (): unknown => state.db.prepare('select total_changes() as n').get()!['n']
    const before = changes()
    state.room.keep()
    assert.deepEqual([sizeOf(), changes()], [size, before], 'nothing is missing, so nothing is done')
    while (state.room.bytes >= ROOM_BYTES / 2) state.write()
    assert.equal(sizeOf(), size, 'what was put aside is used first')
    state.room.keep()
    assert.ok(state.room.bytes >= ROOM_BYTES)
    assert.equal(state.db.prepare("select count(*) as n from sqlite_schema where name = 'room'").get()!['n'], 0)
    // One that was killed in the midst of it has left its table.
    state.db.exec('create table room (bytes blob) strict; insert into room values (zeroblob(1000000)); vacuum')
    state.room.keep()
    assert.ok(state.room.bytes >= ROOM_BYTES)
  } finally {
    rmSync(folder, { recursive: true })
  }
})

const disk = makeSmallDisk(32)
if (disk !== null) {
  void test('on a disk without a single page left, changes are still written, for as long as there is room', () => {
    using small = disk
    {
      using state = open(small.folder)
      state.room.keep()
      small.fill(1)
      const before = state.room.bytes
      let written = 0
      try {
        for (;;) {
          state.write()
          written += 1_000
        }
      } catch (error) {
        assert.match(String(error), /disk is full/)
      }
      assert.ok(written > before / 2, `${written} of ${before} bytes`)
      small.free()
      state.write()
      const { n } = state.db.prepare('select count(*) as n from events').get() as { n: number }
      assert.equal(n, written / 1_000 + 1, 'nothing that was written is lost')
    }
    {
      // Where little is left, it is left to others.
      small.fill(0.8)
      const folder = mkdtempSync(join(small.folder, 'other-'))
      using state = open(folder)
      state.room.keep()
      assert.ok(state.room.bytes < ROOM_BYTES / 2)
    }
  })
}
