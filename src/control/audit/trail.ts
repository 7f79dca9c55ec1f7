import { CHAIN_START, checkRecord, linkRecord, recordText, type ChainHead, type Linked } from '../../core/hash-chain.ts'
import type { Clock } from '../../core/clock.ts'
import { messageOf } from '../../core/problem.ts'
import type { State } from '../state.ts'
import { appendLine, closeIfLarge, mendTornLine, newestLine, TRAIL_BYTES_MAX } from './trail-files.ts'

/** Longer texts are cut: a record is a line for people, not a log. */
const TEXT_MAX = 500

export type Subject = Readonly<Record<string, string | number | boolean | null>>

/** Who did what to what, and what came of it. Holds no value of a secret. */
export interface TrailEntry {
  /** user@host and pid as the caller says, 'control', or whoever holds the lease. */
  readonly who: string
  /** The method of the control API; 'deploy.begun' and 'deploy.ended' for a deploy as a whole. */
  readonly what: string
  readonly subject: Subject
  /** 'done', a deploy's state, or 'refused: <code>'. */
  readonly outcome: string
}

/** As it lies in the file. `time` is ISO 8601 in UTC. */
export type TrailRecord = Linked<TrailEntry & { readonly time: string }>

export interface TrailOptions {
  readonly folder: string
  readonly state: State
  readonly clock: Clock
  /** @default TRAIL_BYTES_MAX */
  readonly bytesMax?: number
}

type OnFound = (record: TrailRecord) => void

/**
 * The audit trail's one writer. A record is on the disk before the head in state.db names it, so a crash can leave one
 * record more than the head knows, never one less; `open` takes that one in. A head that cannot be written, on a full disk
 * say, takes its record back.
 */
export class AuditTrail {
  readonly #options: TrailOptions
  /** What is still to be mended before anything is appended; null: nothing. */
  #mend: (() => void) | null = null

  constructor(options: TrailOptions) {
    this.#options = options
  }

  /**
   * Mends what a crash has left. A trail that does not end as the head says is left as it is, for `--verify` to find, and
   * goes on from the head. What cannot be mended now, on a full disk say, is an event, and tried again before the next
   * record. @param onFound called, inside one change of the state, for a record the head did not know.
   */
  open(onFound: OnFound): void {
    this.#mend = () => this.#open(onFound)
    try {
      this.#mendFirst()
    } catch (error) {
      const because = messageOf(error)
      this.#note('audit-trail-closed', `nothing is recorded in the audit trail until this is mended: ${because}`)
    }
  }

  #mendFirst(): void {
    this.#mend?.()
    this.#mend = null
  }

  #open(onFound: OnFound): void {
    const { folder, state } = this.#options
    const torn = mendTornLine(folder)
    const head = state.get('auditHead')
    const line = newestLine(folder)
    const next = line === null ? null : checkRecord(line, head)
    if (next?.ok) {
      state.atomically(() => {
        state.set('auditHead', next.head)
        onFound(next.record as unknown as TrailRecord) // written by us, as its hash shows
      })
    } else if (!endsWith(line, head)) {
      this.#note('audit-trail-broken', 'the audit trail does not end with its newest record: see audit-trail --verify')
    }
    if (torn === 0) return
    this.#note('audit-trail-mended', `${torn} bytes of a record that a crash had cut were taken off the audit trail`)
    this.#append({ who: 'control', what: 'audit-trail.mended', subject: { bytes: torn }, outcome: 'done' }, () => {})
  }

  /**
   * @param alongside changes of the state that happen exactly when the record is there
   * @throws what keeps it from being written, Problem `audit.unreadable` among it: then there is no trace of it
   */
  record(entry: TrailEntry, alongside: () => void = () => {}): void {
    this.#mendFirst()
    this.#append(entry, alongside)
  }

  #append(entry: TrailEntry, alongside: () => void): void {
    const { folder, state, clock, bytesMax = TRAIL_BYTES_MAX } = this.#options
    const head = state.get('auditHead')
    const time = new Date(clock.now()).toISOString()
    const record = linkRecord({ time, ...cutTexts(entry) }, head)
    closeIfLarge(folder, head.sequence, bytesMax)
    appendLine(folder, recordText(record), () => {
      state.atomically(() => {
        state.set('auditHead', { sequence: record.sequence, hash: record.hash })
        alongside()
      })
    })
  }

  #note(kind: string, text: string): void {
    this.#options.state.addEvent(this.#options.clock.now(), kind, text)
  }
}

function endsWith(line: string | null, head: ChainHead): boolean {
  if (line === null) return head.sequence === CHAIN_START.sequence
  return line.includes(`"hash":"${head.hash}"`)
}

function cutTexts(entry: TrailEntry): TrailEntry {
  const cut = (text: string): string => (text.length > TEXT_MAX ? `${text.slice(0, TEXT_MAX - 1)}…` : text)
  const subject = Object.entries(entry.subject).map(([name, value]) => [
    name,
    typeof value === 'string' ? cut(value) : value,
  ])
  return {
    who: cut(entry.who),
    what: entry.what,
    subject: Object.fromEntries(subject) as Subject,
    outcome: cut(entry.outcome),
  }
}
