import type { ControlClient } from '../control/api/client.ts'
import { Problem } from '../core/problem.ts'
import type { Release } from '../deploy/release.ts'
import { usedNeeds } from '../deploy/used-needs.ts'
import type { SecretValues } from './secret-values.ts'

/**
 * Refuses a release whose required needs cannot be had, before anything is touched: no program, another version, no answer.
 * What an optional need lacks is told when the deploy comes to it.
 */
export async function checkNeeds({ config }: Release, secrets: SecretValues, control: ControlClient): Promise<void> {
  const used = usedNeeds(config)
  const required = Object.keys(used).filter((need) => used[need]!.requiredBy.length > 0)
  if (required.length === 0) return
  const needs = required.map((need) => {
    const { url } = config.needs[need]!
    return { need, config: config.needs[need]!, url: url === null ? null : (secrets.of([url])[url] ?? null) }
  })
  const { problems } = await control.call('need.check', { needs })
  const [first, ...others] = problems.map(({ problem }) => Problem.fromJSON(problem))
  if (first === undefined) return
  if (others.length === 0) throw first
  throw new Problem('need.several', `${problems.length} needs cannot be had`, {
    hint: 'Nothing was changed.',
    details: [first, ...others].flatMap(({ message, hint }) => [message, ...(hint ? [`  ${hint}`] : [])]),
  })
}
