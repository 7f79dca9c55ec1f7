import { Decimal } from '../decimal.ts'
import { configDuration, durationText } from '../figures.ts'
import { objectiveId } from '../objective.ts'
import { objectivesOf } from '../objectives.ts'
import { change, type Answer, type Check } from './refusal.ts'
import { wayOuts } from './share.ts'

const MIB = 1_048_576

/** Size ÷ the rate of the last restore, and the start of what uses it, against the promised rto. */
export const restoreTime: Check = (app, facts) =>
  objectivesOf(app).flatMap((objective): readonly Answer[] => {
    if (objective.kind !== 'recovery' || objective.what !== 'rto' || objective.subject.kind !== 'need') return []
    const { need } = objective.subject
    const about = { objective: objectiveId(objective), reason: 'restore-time' }
    const measured = facts.restore[need]
    const sizeBytes = facts.sizeBytes[need] ?? app.needs[need]?.bytesMax ?? null
    if (measured === undefined || sizeBytes === null) {
      const lacks =
        measured === undefined
          ? `how fast ${need} is restored: known from the first restore`
          : `the size of ${need}: needs.${need}.size`
      return [{ kind: 'unknown', ...about, lacks } as const]
    }
    const { limitMs, promise } = objective
    const copyMs = Decimal.of(sizeBytes)
      .times(Decimal.of(1_000))
      .dividedBy(Decimal.of(measured.bytesPerSecond), 0, 'up')
    if (!copyMs.isAbove(Decimal.of(limitMs))) return []
    const nearest = (Math.floor(copyMs.toNumber() / 60_000) + 1) * 60_000
    const fits = Math.floor((measured.bytesPerSecond * limitMs) / 1_000)
    const wanted = Math.ceil((sizeBytes * 1_000) / limitMs)
    return [
      {
        kind: 'refused',
        ...about,
        arithmetic: [
          `${mebibytes(sizeBytes)} ÷ ${mebibytes(measured.bytesPerSecond)}/s (measured ${measured.at.slice(0, 10)}) = ${durationText(copyMs)}`,
          `${durationText(copyMs)} > promised rto ${durationText(Decimal.of(limitMs))}`,
        ],
        waysOut: wayOuts([
          {
            text: `promise rto: '${configDuration(nearest)}' in ${promise}`,
            changes: [change(['promises', promise, 'rtoMs'], nearest)],
          },
          {
            text: `restore at ${mebibytes(wanted)}/s, or keep a standby`,
            changes: [{ of: 'facts', path: ['restore', need, 'bytesPerSecond'], value: wanted }],
          },
          {
            text: `hold ${need} to ${mebibytes(fits)}`,
            changes: [
              change(['needs', need, 'bytesMax'], fits),
              { of: 'facts', path: ['sizeBytes', need], value: fits },
            ],
          },
        ]),
      },
    ]
  })

function mebibytes(bytes: number): string {
  return `${Decimal.of(bytes).dividedBy(Decimal.of(MIB), 2).toText()} MiB`
}
