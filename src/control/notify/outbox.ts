import type { State } from '../state.ts'

/** Messages that wait, at most; the oldest go first. */
export const MESSAGES_MAX = 1_000
/** A message that could not be delivered for so long is given up. */
export const MESSAGE_MS_MAX = 24 * 3_600_000
/** Between two tries, doubled each time. */
const RETRY_MS_MIN = 1_000
const RETRY_MS_MAX = 5 * 60_000

/** Something to tell one channel, saved until it has been told. */
export interface Message {
  readonly sequence: number
  readonly channel: string
  /** Milliseconds since the epoch. */
  readonly createdAt: number
  readonly attempts: number
  readonly dueAt: number
  /** What it is about, in words. */
  readonly about: string
  readonly body: unknown
}

/** Messages on their way out, in state.db: what is saved here is delivered at least once, whatever dies in between. */
export interface Outbox {
  add(message: Pick<Message, 'channel' | 'about' | 'body'>, now: number): void
  /** Oldest first, so many of each channel: one that hangs keeps nothing from the others. What is about the same incident or deploy never overtakes what waits for its next try. */
  due(now: number, ofEach: number): readonly Message[]
  /** It is done with, and what is written down of that is one change with it: whatever dies, there is not one without the other. */
  done(message: Message, write: () => void): void
  /** It is tried again later, ever more slowly. */
  postpone(message: Message, now: number): void
}

/** What a letter belongs to; null for one that stands alone. */
const THREAD = `coalesce('incident ' || json_extract(body, '$.letter.notification.incident'),
  'deploy ' || json_extract(body, '$.letter.message.deploy'))`

/** Not before its next try; what is due later than that can be was planned by a clock that has been set back since. */
const WAITS = `(due_at > ?1 and due_at <= ?1 + ${RETRY_MS_MAX})`

/** An end that is told before its beginning would leave the beginning standing, for ever. */
const DUE = `
  with waiting as (
    select channel as behind, ${THREAD} as thread, min(sequence) as first from outbox where ${WAITS} group by 1, 2)
  select * from (
    select outbox.*, row_number() over (partition by channel order by sequence) as place
    from outbox left join waiting on behind = channel and thread = ${THREAD}
    where not ${WAITS} and (first is null or sequence < first))
  where place <= ?2 order by sequence`

export function makeOutbox(state: State): Outbox {
  return state.tables((db) => {
    db.exec(`create table if not exists outbox (
      sequence integer primary key autoincrement, channel text not null, created_at integer not null,
      attempts integer not null, due_at integer not null, about text not null, body text not null) strict`)
    return {
      add: ({ channel, about, body }, now) => {
        db.prepare(
          'insert into outbox (channel, created_at, attempts, due_at, about, body) values (?, ?, 0, ?, ?, ?)',
        ).run(channel, now, now, about, JSON.stringify(body))
        db.prepare(
          'delete from outbox where sequence not in (select sequence from outbox order by sequence desc limit ?)',
        ).run(MESSAGES_MAX)
      },
      due: (now, ofEach) => {
        return db
          .prepare(DUE)
          .all(now, ofEach)
          .map((row) => ({
            sequence: row['sequence'] as number,
            channel: row['channel'] as string,
            createdAt: row['created_at'] as number,
            attempts: row['attempts'] as number,
            dueAt: row['due_at'] as number,
            about: row['about'] as string,
            body: JSON.parse(row['body'] as string) as unknown,
          }))
      },
      done: ({ sequence }, write) =>
        state.atomically(() => {
          db.prepare('delete from outbox where sequence = ?').run(sequence)
          write()
        }),
      postpone: ({ sequence, attempts }, now) => {
        const afterMs = Math.min(RETRY_MS_MAX, RETRY_MS_MIN * 2 ** attempts)
        db.prepare('update outbox set attempts = attempts + 1, due_at = ? where sequence = ?').run(
          now + afterMs,
          sequence,
        )
      },
    }
  })
}
