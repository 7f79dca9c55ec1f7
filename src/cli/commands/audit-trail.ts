import { RECORDS_MAX } from '../../control/audit/read-trail.ts'
import type { TrailRecord } from '../../control/audit/trail.ts'
import { Problem } from '../../core/problem.ts'
import { environmentCommand, globalsOf, openProjectOf, type MakeCommand } from '../command.ts'
import { print, printJson, table } from '../output.ts'
import { recordsOf } from '../records-of.ts'
import { sinceOf } from '../since.ts'

const SHOWN = 50
const DESCRIPTION = 'Who did what to the environment, and what came of it; reads the files, whether it is up or not.'

interface Options {
  readonly since?: string
  readonly limit?: string
  readonly verify?: boolean
}

export const auditTrailCommand: MakeCommand = () => {
  const command = environmentCommand('audit-trail', DESCRIPTION)
    .option('--since <time>', "only records since then: '2h', '7d', or an ISO 8601 time (UTC unless it names a zone)")
    .option('--limit <count>', `the newest so many, at most ${RECORDS_MAX} (default: ${SHOWN})`)
    .option(
      '--verify',
      'follow the chain of hashes; ends with 1 and names the first record that is not what was written',
    )
    .addHelpText(
      'after',
      '\nExamples:\n  seaworthy audit-trail production --since 7d\n  seaworthy audit-trail production --verify',
    )
    .action(async (environment: string | undefined, { since, limit, verify }: Options) => {
      const { json } = globalsOf(command)
      const kept = await recordsOf(await openProjectOf(command, environment, { readsOnly: true }))
      if (verify) {
        const verdict = await kept.verifyTrail()
        if (verdict.files.length === 0) {
          throw new Problem('audit.no-trail', `no trail at ${kept.place}`, {
            hint: 'It begins with `seaworthy up`. If this environment has run, its trail was taken away.',
          })
        }
        const { records, head, files, tornBytes } = verdict
        if (json) return printJson({ ok: true, records, head, files, tornBytes })
        print(`${records} records follow each other from the first to the last, which is ${head.hash}`)
        if (tornBytes > 0)
          print(`${tornBytes} bytes of a record that a crash has cut: control takes them off when it starts`)
        return
      }
      const records = await kept.trail({ sinceMs: sinceOf(since), limit: limitOf(limit) })
      if (json) return printJson(records)
      print(records.length === 0 ? 'no records' : table(records.map(describeRecord)))
    })
  return command
}

function describeRecord({ sequence, time, who, what, subject, outcome }: TrailRecord): readonly string[] {
  const facts = Object.entries(subject).flatMap(([name, value]) =>
    value === null ? [] : [`${name}=${isHash(value) ? value.slice(0, 12) : value}`],
  )
  return [String(sequence), time, who, what, outcome, facts.join(' ')]
}

/** 64 characters that nobody compares by eye; `--json` has them whole. */
function isHash(value: unknown): value is string {
  return typeof value === 'string' && /^[0-9a-f]{64}$/.test(value)
}

function limitOf(limit: string | undefined): number {
  const count = limit === undefined ? SHOWN : Number(limit)
  if (Number.isInteger(count) && count > 0 && count <= RECORDS_MAX) return count
  throw new Problem('cli.usage', `--limit ${limit} is no number from 1 to ${RECORDS_MAX}`)
}
