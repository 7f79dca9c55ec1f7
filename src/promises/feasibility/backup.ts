import { parseDuration } from '../../core/quantity.ts'
import type { ResolvedBackup } from '../../config/resolved-promises.ts'
import { Decimal } from '../decimal.ts'
import { configDuration, durationText } from '../figures.ts'
import { objectiveId, type Objective } from '../objective.ts'
import { objectivesOf } from '../objectives.ts'
import { longestGapMs } from './cron-gap.ts'
import { change, type Answer, type Check, type Refusal, type WayOut } from './refusal.ts'
import { wayOuts } from './share.ts'

type Recovery = Extract<Objective, { readonly kind: 'recovery' }>

/** What is promised of a need's data against how it is backed up. */
export const backups: Check = (app, facts) =>
  objectivesOf(app).flatMap((objective): readonly Answer[] => {
    if (objective.kind !== 'recovery' || objective.subject.kind !== 'need') return []
    const { need } = objective.subject
    const plan = app.backups?.[need]
    if (plan === undefined) return [noBackup(objective, need)]
    if (objective.what === 'rpo') return rhythm({ objective, need, plan, backupMs: facts.backupMs[need] ?? null })
    if (objective.what === 'keep') return kept(objective, need, plan)
    return []
  })

function noBackup(objective: Recovery, need: string): Refusal {
  const plan: ResolvedBackup = { every: null, to: ['file:backups'], keepMs: null, verify: 'each' }
  return {
    kind: 'refused',
    objective: objectiveId(objective),
    reason: 'no-backup',
    arithmetic: [
      `${need} has no line in backups: nothing of it can be restored`,
      `promised ${objective.what} ${durationText(Decimal.of(objective.limitMs))}`,
    ],
    waysOut: [
      { text: `back it up: backups.${need}: { to: ['file:backups'] }`, changes: [change(['backups', need], plan)] },
    ],
  }
}

interface Rhythm {
  readonly objective: Recovery
  readonly need: string
  readonly plan: ResolvedBackup
  readonly backupMs: number | null
}

/** What was written just after a backup began is safe once the next one has reached its place. */
function rhythm({ objective, need, plan, backupMs }: Rhythm): readonly Answer[] {
  const { limitMs, promise } = objective
  const about = { objective: objectiveId(objective), reason: 'backup-rhythm' }
  const everyMs = plan.every === null ? null : gapOf(plan.every)
  const lacks = `how long a backup of ${need} takes: known from the first one`
  const takesMs = backupMs ?? 0
  // Without a rhythm of its own it is as often as the rpo leaves time for.
  const isTooSlow = everyMs === null ? takesMs >= limitMs : everyMs + takesMs > limitMs
  if (!isTooSlow) return backupMs === null ? [{ kind: 'unknown', ...about, lacks }] : []
  const sum = (everyMs ?? 0) + takesMs
  return [
    {
      kind: 'refused',
      ...about,
      arithmetic: [
        `${everyMs === null ? '' : `every '${plan.every}', at most ${text(everyMs)} + `}${backupMs === null ? 'upload not measured' : `backup and upload ${text(takesMs)}`} = ${text(sum)}`,
        `${text(sum)} ${everyMs === null ? '≥' : '>'} promised rpo ${text(limitMs)}`,
      ],
      waysOut: wayOuts([
        faster(need, limitMs - takesMs),
        {
          text: `promise rpo: '${configDuration(wholeMinutes(sum))}' in ${promise}`,
          changes: [change(['promises', promise, 'rpoMs'], wholeMinutes(sum))],
        },
      ]),
    },
  ]
}

function faster(need: string, everyMs: number): WayOut | null {
  if (everyMs <= 0) return null
  return {
    text: `back ${need} up every: '${configDuration(everyMs)}'`,
    changes: [change(['backups', need, 'every'], configDuration(everyMs))],
  }
}

function kept(objective: Recovery, need: string, { keepMs }: ResolvedBackup): readonly Refusal[] {
  const { limitMs, promise } = objective
  // Without a time of its own as long as promised.
  if (keepMs === null || keepMs >= limitMs) return []
  return [
    {
      kind: 'refused',
      objective: objectiveId(objective),
      reason: 'backup-keep',
      arithmetic: [`backups of ${need} are kept ${text(keepMs)} < promised ${text(limitMs)}`],
      waysOut: [
        {
          text: `keep backups longer: backups.${need}.keep: '${configDuration(limitMs)}'`,
          changes: [change(['backups', need, 'keepMs'], limitMs)],
        },
        {
          text: `promise keep: '${configDuration(keepMs)}' in ${promise}`,
          changes: [change(['promises', promise, 'keepMs'], keepMs)],
        },
      ],
    },
  ]
}

/** A line that never runs is as slow as can be. */
function gapOf(every: string): number {
  const duration = parseDuration(every)
  return duration.ok ? duration.value : (longestGapMs(every) ?? Number.MAX_SAFE_INTEGER)
}

function wholeMinutes(ms: number): number {
  return Math.min(Number.MAX_SAFE_INTEGER, (Math.floor(ms / 60_000) + 1) * 60_000)
}

function text(ms: number): string {
  return durationText(Decimal.of(ms))
}
