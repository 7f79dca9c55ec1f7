import { readFileSync } from 'node:fs'
import { CHAIN_START, checkRecord, type ChainHead } from '../../../core/hash-chain.ts'
import { savedHead } from '../../saved-head.ts'
import { eventFiles } from './files.ts'
import type { EventRecord } from './record.ts'

/** Faults that are told; there may be more behind them. */
export const FAULTS_MAX = 20
/** What moved while we read is looked at again, so often at most. */
const LOOKS_MAX = 5

export interface EventFault {
  /** Null: nowhere, where records are missing. */
  readonly file: string | null
  readonly line: number | null
  readonly because: string
}

export interface EventsVerdict {
  /** Empty: every event stands as it was written. */
  readonly faults: readonly EventFault[]
  readonly files: readonly string[]
  /** Records that were read. */
  readonly records: number
  /** The number of the first one: above 1 when older ones were taken away because of their age, or of their mass. */
  readonly first: number
  readonly head: ChainHead
  /** Bytes behind the last record: a crash has cut one, or it is being written. No sign of tampering. */
  readonly tornBytes: number
}

/**
 * Follows the chain of all events that are there, and compares its beginning with what was retired and its end with the head
 * that state.db holds. Needs no control.
 * @param headOf what control remembers as its end, of a folder that holds copies
 */
export function verifyEvents(
  stateFolder: string,
  headOf = () => savedHead(stateFolder, 'securityHead'),
): EventsVerdict {
  for (let look = 1; ; look++) {
    const before = headOf()
    const verdict = follow(stateFolder, before)
    // Control may have written, or taken old files away, meanwhile.
    if (verdict.faults.length === 0 || look === LOOKS_MAX) return verdict
    if (headOf().sequence === before.sequence) return verdict
  }
}

function follow(stateFolder: string, saved: ChainHead): EventsVerdict {
  const files = eventFiles(stateFolder)
  const faults: EventFault[] = []
  const starts = new Map<number, string>([[CHAIN_START.sequence, CHAIN_START.hash]])
  let start: (ChainHead & { readonly file: string }) | null = null
  let head: ChainHead = CHAIN_START
  let hashAtSaved = saved.sequence === 0 ? saved.hash : null
  let records = 0
  let tornBytes = 0
  for (const [at, { name, path }] of files.entries()) {
    const lines = textOf(path).split('\n')
    const torn = lines.pop()!
    for (const [index, line] of lines.entries()) {
      const record = parse(line)
      if (start === null && record !== null) {
        // Of the oldest record it is only known later, from what was retired, whether it may be the oldest.
        start = { sequence: record.sequence - 1, hash: record.previous, file: name }
        head = start
      }
      const checked = checkRecord(line, head)
      if (!checked.ok) faults.push({ file: name, line: index + 1, because: checked.because })
      if (record === null) continue
      if (record.through !== undefined && checked.ok) starts.set(record.through.sequence, record.through.hash)
      // Behind a fault the chain is followed on, so that one altered record does not hide the next.
      head = { sequence: record.sequence, hash: record.hash }
      if (head.sequence === saved.sequence) hashAtSaved = head.hash
      records += 1
    }
    if (torn === '') continue
    if (at === files.length - 1) tornBytes = Buffer.byteLength(torn)
    else faults.push({ file: name, line: lines.length + 1, because: 'it has no end' })
  }
  const first = start === null ? head.sequence + 1 : start.sequence + 1
  if (start !== null && starts.get(start.sequence) !== start.hash)
    faults.unshift(missing(start.sequence === 0 ? [0, 0] : [1, start.sequence]))
  if (hashAtSaved === null && head.sequence < saved.sequence) faults.push(missing([head.sequence + 1, saved.sequence]))
  else if (hashAtSaved !== saved.hash && head.sequence >= saved.sequence)
    faults.push(notOurs(`record ${saved.sequence} is not the one that control has written`))
  return { faults: faults.slice(0, FAULTS_MAX), files: files.map(({ name }) => name), records, first, head, tornBytes }
}

function missing([from, to]: readonly [number, number]): EventFault {
  if (to === 0) return notOurs('the first record does not begin a chain')
  return notOurs(from === to ? `record ${from} is missing` : `records ${from} to ${to} are missing`)
}

function notOurs(because: string): EventFault {
  return { file: null, line: null, because }
}

/** As far as it is a record at all; whether it is the right one is for the chain to say. */
function parse(line: string): EventRecord | null {
  try {
    const record = JSON.parse(line) as Partial<EventRecord> | null
    const isRecord =
      Number.isSafeInteger(record?.sequence) && typeof record!.hash === 'string' && typeof record!.previous === 'string'
    return isRecord ? (record as EventRecord) : null
  } catch {
    return null
  }
}

/** A file that was taken away between listing and reading leaves a gap, which is looked at again. */
function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
