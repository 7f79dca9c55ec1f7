import { Problem } from '../core/problem.ts'
import { parseDuration } from '../core/quantity.ts'

/** The moment that `--since` names, in milliseconds since the epoch: how long ago, or when. @throws Problem `cli.usage` */
export function sinceOf(since: string | undefined): number | null {
  if (since === undefined) return null
  const ago = parseDuration(since)
  const at = ago.ok ? Date.now() - ago.value : Date.parse(since)
  if (!Number.isNaN(at)) return at
  throw new Problem('cli.usage', `--since ${since} is no time`, {
    hint: "Write how long ago ('2h', '7d') or when ('2026-11-21T08:00:00Z').",
  })
}
