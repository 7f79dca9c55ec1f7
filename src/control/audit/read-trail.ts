import { join } from 'node:path'
import { CHAIN_START, checkRecord, type ChainHead } from '../../core/hash-chain.ts'
import { Problem } from '../../core/problem.ts'
import { savedHead } from '../saved-head.ts'
import type { TrailRecord } from './trail.ts'
import { readLines, trailFiles } from './trail-files.ts'

/** The most records that are read at once. */
export const RECORDS_MAX = 10_000
/** A head that moved while we read is looked at again, so often at most. */
const LOOKS_MAX = 5

export interface TrailVerdict {
  readonly files: readonly string[]
  readonly records: number
  readonly head: ChainHead
  /** Bytes behind the last record: a crash has cut one, and control takes them off at its next start. */
  readonly tornBytes: number
}

/** The newest records, oldest of them first. Needs no control. @param sinceMs milliseconds since the epoch */
export function readTrail(folder: string, options: { sinceMs: number | null; limit: number }): readonly TrailRecord[] {
  const limit = Math.min(options.limit, RECORDS_MAX)
  const found: TrailRecord[] = []
  for (const name of trailFiles(folder).toReversed()) {
    if (found.length === limit) break
    const { lines } = readLines(join(folder, name))
    for (let at = lines.length - 1; at >= 0 && found.length < limit; at--) {
      const record = readRecord(lines[at]!, `${name} line ${at + 1}`)
      if (options.sinceMs !== null && Date.parse(record.time) < options.sinceMs) return found.toReversed()
      found.push(record)
    }
  }
  return found.toReversed()
}

/**
 * Follows the chain from its first record to its last, and compares its end with the head that state.db holds. Needs no
 * control.
 * @param headOf what control remembers as its end, of a folder that holds copies
 * @throws Problem `audit.broken` naming the first line that is not what was written
 */
export function verifyTrail(folder: string, headOf = () => savedHead(folder, 'auditHead')): TrailVerdict {
  for (let look = 1; ; look++) {
    const before = headOf()
    const verdict = followFiles(folder, before)
    // Control may have written meanwhile: then what was missing is there at the next look.
    if (verdict.fault === null) return verdict
    if (look === LOOKS_MAX || headOf().sequence === before.sequence) {
      throw new Problem('audit.broken', verdict.fault, {
        hint: `The records before it stand: ${verdict.records} of them. Compare with a copy kept elsewhere.`,
      })
    }
  }
}

function followFiles(folder: string, known: ChainHead): TrailVerdict & { readonly fault: string | null } {
  const files = trailFiles(folder)
  let head = CHAIN_START
  let knownSeen = known.sequence === CHAIN_START.sequence
  let tornBytes = 0
  const end = (fault: string | null) => ({ files, records: head.sequence, head, tornBytes, fault })
  for (const name of files) {
    const { lines, torn } = readLines(join(folder, name))
    for (const [index, line] of lines.entries()) {
      const checked = checkRecord(line, head)
      if (!checked.ok) return end(`${name} line ${index + 1}: ${checked.because}`)
      head = checked.head
      if (head.sequence === known.sequence && head.hash !== known.hash)
        return end(`${name} line ${index + 1}: record ${head.sequence} is not the one that control has written`)
      knownSeen ||= head.sequence === known.sequence
    }
    if (torn !== '' && name !== files.at(-1)) return end(`${name} line ${lines.length + 1}: it has no end`)
    tornBytes = Buffer.byteLength(torn)
  }
  if (!knownSeen) return end(`the end is missing: records ${head.sequence + 1} to ${known.sequence} were written`)
  // A crash leaves one record that the head does not know; more were not written by control.
  if (head.sequence > known.sequence + 1)
    return end(`control has written ${known.sequence} records; there are ${head.sequence}`)
  return end(null)
}

function readRecord(line: string, where: string): TrailRecord {
  try {
    const record = JSON.parse(line) as Partial<TrailRecord> | null
    if (typeof record?.time === 'string' && typeof record.subject === 'object') return record as TrailRecord
  } catch {
    // Said below, like everything else that is no record.
  }
  throw new Problem('audit.broken', `${where}: it is no record of the audit trail`, {
    hint: 'See `seaworthy audit-trail --verify`.',
  })
}
