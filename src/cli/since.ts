import { Problem } from '../core/problem.ts'
import { parseDuration } from '../core/quantity.ts'

/** ISO 8601 as every command shows it: 'T' or a blank between day and clock, and UTC where no zone is said. */
const MOMENT = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d+)?)?)(Z|[+-]\d\d:\d\d)?)?$/

/** The moment that `--since` names, in milliseconds since the epoch: how long ago, or when. @throws Problem `cli.usage` */
export function sinceOf(since: string | undefined): number | null {
  return since === undefined ? null : momentOf(since, '--since')
}

/**
 * The moment that an option names, in milliseconds since the epoch: how long ago ('2h'), or when. Without a zone it is UTC, as times are shown:
 * what was copied from one command has to mean the same in the next, whatever zone the terminal is in.
 * @throws Problem `cli.usage`
 */
export function momentOf(text: string, option: string): number {
  const ago = parseDuration(text)
  if (ago.ok) return Date.now() - ago.value
  const [, day, clock = '00:00', zone = 'Z'] = MOMENT.exec(text) ?? []
  const at = day === undefined ? NaN : Date.parse(`${day}T${clock}${zone}`)
  if (!Number.isNaN(at)) return at
  throw new Problem('cli.usage', `${option}: '${text}' is neither a time nor a duration like '10min'`, {
    hint: "Write how long ago ('2h', '7d') or when ('2026-11-21T08:00', which is UTC; '2026-11-21T08:00+01:00').",
  })
}
