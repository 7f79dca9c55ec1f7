import { statfsSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'

/** What state.db can still take up when the disk is full: some thousands of events, alerts and messages. */
export const ROOM_BYTES = 1_280 * 1024
/** Its log begins anew after so many pages: well before it has used up the room it has. */
const CHECKPOINT_PAGES = 256
/** On a disk with less than this nothing is put aside: it would be the last that others have. */
const LEFT_BYTES_MIN = 16 * 1024 * 1024

/**
 * Room inside of state.db and of its log that belongs to them already, so that a full disk can still be told of: an alert is
 * saved before it is sent. Pages that are free are used before the file grows, and a log that begins anew is written over.
 */
export class Room {
  readonly #db: DatabaseSync
  readonly #file: string

  constructor(db: DatabaseSync, file: string) {
    this.#db = db
    this.#file = file
    db.exec(`pragma wal_autocheckpoint = ${CHECKPOINT_PAGES}`)
  }

  /** Bytes that can be written without any of the disk: the smaller of those in the file and those in its log. */
  get bytes(): number {
    return Math.min(this.#freeBytes(), statSync(`${this.#file}-wal`, { throwIfNoEntry: false })?.size ?? 0)
  }

  /** Puts aside what is missing, while the disk has plenty; to be called again and again, and cheap when nothing is missing. */
  keep(): void {
    if (this.bytes >= ROOM_BYTES / 2) return
    const { bavail, bsize } = statfsSync(dirname(this.#file))
    if (bavail * bsize < LEFT_BYTES_MIN) return
    // Random: what a file system can compress would need room when it is written over.
    this.#db.exec('create table if not exists room (bytes blob) strict')
    this.#db.prepare('insert into room values (randomblob(?))').run(ROOM_BYTES)
    // Longer than the log may become, so it is in the file itself by now: pages freed before that would have no place on the disk.
    this.#db.exec('drop table room')
  }

  #freeBytes(): number {
    const of = (what: string): number => Number(Object.values(this.#db.prepare(`pragma ${what}`).get()!)[0])
    return of('freelist_count') * of('page_size')
  }
}
