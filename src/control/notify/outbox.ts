import { letterOf } from './letter.ts'
import type { State } from '../state.ts'

/** Messages of one channel that wait, at most; the oldest are given up first. */
export const MESSAGES_MAX = 1_000
/** A message that could not be delivered for so long is given up. */
export const MESSAGE_MS_MAX = 24 * 3_600_000
/** Between two tries, doubled each time. */
const RETRY_MS_MIN = 1_000
export const RETRY_MS_MAX = 5 * 60_000

/** How long after a try that failed the next one comes. @param attempts how many had failed before it */
export function retryMs(attempts: number): number {
  return Math.min(RETRY_MS_MAX, RETRY_MS_MIN * 2 ** attempts)
}

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
  /**
   * What it says anew of an incident takes the place of what still waits to say the same of it on this channel, and its next
   * try: a channel that takes nothing for hours is owed the newest, not every repetition.
   */
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

const KIND = `json_extract(body, '$.letter.notification.kind')`

/**
 * What a message of `@kind` replaces, of the same channel and incident: what says the same, and what came between, which is
 * no longer so. An acknowledgement between them stays, for what it was given to; and before a beginning that nobody has
 * heard, no escalation counts, since it is not sent once somebody has answered.
 */
const REPLACED = `
  with own as (select sequence, attempts, due_at, ${KIND} as kind from outbox where channel = @channel and ${THREAD} = @thread),
    kept as (select coalesce(max(sequence), 0) as last from own
      where case when @kind in ('fired', 'resolved') then kind = 'acknowledged' else kind != @kind end)
  select sequence, attempts, due_at from own, kept where kind = @kind and sequence > last order by sequence limit 1`

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
    /** Takes out what the message replaces; null: nothing. */
    const replace = (channel: string, body: unknown): { attempts: number; dueAt: number } | null => {
      const letter = letterOf(body)
      const incident = letter?.kind === 'alert' ? letter.notification.incident : null
      if (letter?.kind !== 'alert' || incident === null) return null
      const thread = `incident ${incident}`
      const first = db.prepare(REPLACED).get({ channel, thread, kind: letter.notification.kind })
      if (first === undefined) return null
      db.prepare(`delete from outbox where channel = ? and ${THREAD} = ? and sequence >= ?`).run(
        channel,
        thread,
        first['sequence'] as number,
      )
      return { attempts: first['attempts'] as number, dueAt: first['due_at'] as number }
    }
    return {
      add: ({ channel, about, body }, now) => {
        const { attempts, dueAt } = replace(channel, body) ?? { attempts: 0, dueAt: now }
        // A new row, not the old one with new words: that may be on its way, and is done with when it arrives.
        db.prepare(
          'insert into outbox (channel, created_at, attempts, due_at, about, body) values (?, ?, ?, ?, ?, ?)',
        ).run(channel, now, attempts, dueAt, about, JSON.stringify(body))
        const givenUp = db
          .prepare(
            `delete from outbox where channel = ?1 and sequence not in
              (select sequence from outbox where channel = ?1 order by sequence desc limit ?2) returning about`,
          )
          .all(channel, MESSAGES_MAX)
        const because = `more than ${MESSAGES_MAX} messages wait for it`
        for (const row of givenUp)
          state.addEvent(now, 'notify-given-up', `${channel} was not told (${row['about'] as string}): ${because}`)
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
        db.prepare('update outbox set attempts = ?, due_at = ? where sequence = ?').run(
          attempts + 1,
          now + retryMs(attempts),
          sequence,
        )
      },
    }
  })
}
