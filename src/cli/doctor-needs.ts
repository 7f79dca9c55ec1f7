import { inspectNeed } from '../control/needs/inspect.ts'
import { Problem } from '../core/problem.ts'
import { usedNeeds } from '../deploy/used-needs.ts'
import type { Project } from './project.ts'

export interface NeedFinding {
  readonly level: 'ok' | 'missing' | 'note'
  readonly what: string
  readonly detail: string
}

/** What this machine has of each need: the programs, their versions and where, or the line that installs them. */
export async function lookAtNeeds(
  { app, stateFolder }: Project,
  secretOf: (name: string) => string | null,
): Promise<readonly NeedFinding[]> {
  const used = usedNeeds(app)
  const path = process.env['PATH'] ?? ''
  const findings = Object.entries(app.needs).map(async ([need, config]): Promise<NeedFinding> => {
    const what = `need ${need}`
    const use = used[need]
    if (use === undefined) return { level: 'note', what, detail: 'no program uses it: it is not started' }
    try {
      const url = config.url === null ? null : secretOf(config.url)
      return { level: 'ok', what, detail: await inspectNeed(need, config, { stateFolder, path, url }) }
    } catch (error) {
      if (!(error instanceof Problem)) throw error
      const isRequired = use.requiredBy.length > 0
      const detail = `${error.message}. ${error.hint ?? ''}`.trimEnd()
      return { level: isRequired ? 'missing' : 'note', what, detail: isRequired ? detail : `optional: ${detail}` }
    }
  })
  const sizes = Object.entries(app.needs)
    .filter(([, { kind, url, bytesMax }]) => bytesMax !== null && (kind !== 'redis' || url !== null))
    .map(([need, { kind }]): NeedFinding => ({
      level: 'note',
      what: `need ${need}`,
      detail: `size: nothing limits the room of ${kind} on target 'process'`,
    }))
  return [...(await Promise.all(findings)), ...sizes]
}
