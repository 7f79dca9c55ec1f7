import type { DatabaseSync } from 'node:sqlite'
import type { LateWrites } from './late-writes.ts'

/** A gateway elsewhere that belongs to the environment: it has said that it is there, and not that it goes. */
export interface Member {
  readonly name: string
  readonly workers: number
  /** Milliseconds since the epoch. */
  readonly sinceMs: number
  /** All its workers have been up: requests may come to it. */
  readonly serves: boolean
}

const SCHEMA = 'create table if not exists gateways (name text primary key, row text not null) strict'

/** Who belongs to the environment: in state.db, so that a control that is started again still waits for all of them. */
export class GatewayMembers {
  readonly #db: DatabaseSync
  readonly #late: Pick<LateWrites, 'do'>
  readonly #members: Map<string, Member>

  constructor(db: DatabaseSync, late: Pick<LateWrites, 'do'>) {
    this.#db = db
    this.#late = late
    db.exec(SCHEMA)
    const rows = db.prepare('select row from gateways').all()
    const members = rows.map((row) => JSON.parse(row['row'] as string) as Member)
    this.#members = new Map(members.map((member) => [member.name, member]))
  }

  /** By name. */
  all(): readonly Member[] {
    return [...this.#members.values()].toSorted((one, other) => (one.name < other.name ? -1 : 1))
  }

  has(name: string): boolean {
    return this.#members.has(name)
  }

  join(name: string, workers: number, now: number): void {
    const known = this.#members.get(name)
    if (known?.workers === workers) return
    this.#save({ name, workers, sinceMs: known?.sinceMs ?? now, serves: known?.serves ?? false })
  }

  /** Of one that has never joined nothing is known. */
  serves(name: string): void {
    const member = this.#members.get(name)
    if (member?.serves === false) this.#save({ ...member, serves: true })
  }

  hasServed(name: string): boolean {
    return this.#members.get(name)?.serves ?? false
  }

  #save(member: Member): void {
    const { name } = member
    this.#members.set(name, member)
    const row = JSON.stringify(member)
    this.#late.do(() => this.#db.prepare('insert or replace into gateways values (?, ?)').run(name, row))
  }

  forget(name: string): void {
    this.#members.delete(name)
    this.#late.do(() => this.#db.prepare('delete from gateways where name = ?').run(name))
  }
}
