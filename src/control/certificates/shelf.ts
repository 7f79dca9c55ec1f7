import { createHash, randomBytes } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { writeFileAtomic } from '../../core/atomic-file.ts'
import { splitPem } from './pem.ts'
import type { Pair } from './pair.ts'

/** Tickets of a key that is gone are worth nothing: whoever steals it reads no older session (RFC 8446 §8.1, §C.4). */
export const TICKET_KEY_MS = 12 * 3_600_000
const TICKET_KEY_BYTES = 48
/** A file that no table names any more is kept for as long as a worker may still be about to read it. */
const KEPT_MS = 10 * 60_000

/** The folder of pairs that workers read: verified copies, readable by their owner alone, which never change. */
export class Shelf {
  readonly #folder: string

  /** @param stateFolder the environment's; the shelf is `tls` below it */
  constructor(stateFolder: string) {
    this.#folder = join(stateFolder, 'tls')
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 })
  }

  /** Returns the path under which the pair lies; the same pair has the same one. */
  put({ key, chain }: Pair): string {
    const pem = key + chain
    const path = join(this.#folder, `pair-${createHash('sha256').update(pem).digest('hex').slice(0, 32)}.pem`)
    if (statSync(path, { throwIfNoEntry: false }) === undefined) writeFileAtomic(path, pem)
    return path
  }

  /** Null: it is gone, or damaged. */
  get(path: string): Pair | null {
    try {
      return splitPem(readFileSync(path, 'utf8'))
    } catch {
      return null
    }
  }

  /** The key that tickets are made with now: the newest file's, or a fresh one. */
  ticketFile(now: number): string {
    const newest = this.#files('tickets-')
      .map((name) => ({ name, at: Number(/^tickets-(\d+)\.key$/.exec(name)?.[1] ?? 0) }))
      .toSorted((one, other) => other.at - one.at)[0]
    if (newest !== undefined && newest.at <= now && now - newest.at < TICKET_KEY_MS)
      return join(this.#folder, newest.name)
    const path = join(this.#folder, `tickets-${now}.key`)
    writeFileSync(path, randomBytes(TICKET_KEY_BYTES), { mode: 0o600 })
    return path
  }

  /** Removes what is not in `used` and has not been touched for a while. */
  prune(used: ReadonlySet<string>, now: number): void {
    for (const name of [...this.#files('pair-'), ...this.#files('tickets-')]) {
      const path = join(this.#folder, name)
      const at = statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? now
      if (!used.has(path) && now - at > KEPT_MS) rmSync(path, { force: true })
    }
  }

  #files(prefix: string): readonly string[] {
    return readdirSync(this.#folder).filter((name) => name.startsWith(prefix))
  }
}
