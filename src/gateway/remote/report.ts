/** What a gateway knows of itself, in a file for its check: see check.ts. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { writeFileAtomic } from '../../core/atomic-file.ts'

const FILE = 'gateway.json'

export interface Report {
  /** What control had when it was reached last: no table yet, or one. */
  readonly met: 'not' | 'empty' | 'whole'
  /** How many workers there are to be. */
  readonly workers: number
  /** The version of its table, by number; 0: it runs without one. */
  readonly versions: Readonly<Record<string, number>>
}

export function writeReport(state: string, report: Report): void {
  writeFileAtomic(join(state, FILE), JSON.stringify(report))
}

export function readReport(state: string): Report | null {
  try {
    return JSON.parse(readFileSync(join(state, FILE), 'utf8')) as Report
  } catch {
    // It has not come so far.
    return null
  }
}

/**
 * Why nobody should be sent there, or null. Before the first deploy nobody has a table: having met a control without one is enough then. That
 * control is away later is no reason.
 */
export function notReady(report: Report | null): string | null {
  if (report === null) return 'it has only begun to start'
  const without = Array.from({ length: report.workers }, (_, index) => String(index + 1)).filter(
    (worker) => (report.versions[worker] ?? 0) === 0,
  )
  if (without.length === 0) return null
  const isNew = without.length === report.workers && without.every((worker) => report.versions[worker] !== undefined)
  if (isNew && report.met === 'empty') return null
  if (isNew && report.met === 'not') return 'control has not been reached, and no table was saved'
  return `without a table: worker ${without.join(', ')}`
}
