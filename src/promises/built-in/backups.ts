import { parseDuration } from '../../core/quantity.ts'
import type { AlertRule } from '../alert-rule.ts'
import type { Expression } from '../expression.ts'
import { absentAny, calc, compare, DAY_MS, HOUR_MS, MINUTE_MS, select } from './ask.ts'
import { builtIn } from './rule.ts'

/** The rhythm where none is declared: catalogue, section 1. */
const EVERY_MS = 6 * HOUR_MS

export interface WatchedBackup {
  readonly need: string
  readonly everyMs: number
}

/** Backups are old when one was missed by an hour (7 h at a rhythm of 6 h), very old when four were (24 h). */
export function backupRules(backups: readonly WatchedBackup[]): readonly AlertRule[] {
  const rhythms = [...new Set(backups.map((backup) => backup.everyMs))].toSorted((one, other) => one - other)
  return rhythms.flatMap((everyMs) => {
    const needs = backups.filter((backup) => backup.everyMs === everyMs).map(({ need }) => need)
    const [first, ...rest] = needs.map((need) => newest(['need', '=', need]))
    const name = (text: string): string => (rhythms.length === 1 ? text : `${text}Every${everyMs / MINUTE_MS}Min`)
    const older = (ms: number): Expression =>
      compare(calc({ kind: 'time' }, '-', newest(['need', '=~', needs.join('|')])), '>', String(ms / 1_000))
    return [
      builtIn('data', {
        name: name('BackupOld'),
        heading: 'BackupOld',
        severity: 'P2',
        when: older(everyMs + HOUR_MS),
        summary: 'The newest backup of {{ $labels.need }} is {{ $value }} s old.',
        absent: { when: absentAny(first!, ...rest), forMs: 10 * MINUTE_MS },
      }),
      builtIn('data', {
        name: name('BackupVeryOld'),
        heading: 'BackupVeryOld',
        severity: 'P1',
        when: older(4 * everyMs),
        summary: 'The newest backup of {{ $labels.need }} is {{ $value }} s old: several were missed.',
        inhibits: [{ rule: name('BackupOld'), equal: ['need'] }],
      }),
    ]
  })
}

/** How often a need is backed up: as declared, else as its promised rpo asks for, else every six hours. */
export function rhythmMs(every: string | null, rpoMs: number | null): number {
  if (every === null) return rpoMs ?? EVERY_MS
  const duration = parseDuration(every)
  // Of a cron line a day is the longest that is taken for granted.
  return duration.ok ? duration.value : DAY_MS
}

function newest(matcher: Parameters<typeof select>[1]) {
  return select('seaworthy_backup_newest_timestamp_seconds', matcher)
}
