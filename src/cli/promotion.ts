import type { Command } from 'commander'
import { connectControl } from '../control/api/client.ts'
import { Problem } from '../core/problem.ts'
import type { Plan } from '../deploy/plan.ts'
import { mustFit, provenRelease } from '../deploy/promotion.ts'
import type { Promotion, Release } from '../deploy/release.ts'
import type { Target } from '../deploy/target.ts'
import { globalsOf, openProjectOf } from './command.ts'
import { mustShareGround } from './common-ground.ts'
import { openProject } from './project.ts'
import { targetOf } from './targets.ts'
import { wayTo } from './way.ts'

/** Enough to find the deploy that a live release came in by. */
const DEPLOYS_LOOKED_AT = 200
const AWAY_MS = 5_000

/** What is live and proven in an environment, and what it runs from. */
export interface Proven {
  readonly release: Release
  readonly promotion: Promotion
}

/**
 * Looks at the environment to promote from, and changes nothing there.
 * @param to the environment that is to have the same
 * @throws Problem `promote.other-ground`, and all that `provenRelease`, `mustFit` and a target's `made` refuse
 */
export async function lookAtProven(command: Command, from: string, to: string): Promise<Proven> {
  const { config, host } = globalsOf(command)
  const next = await openProject(config, to, { host })
  // What it says from here on is about the environment to promote from.
  const project = await openProjectOf(command, from, { readsOnly: true })
  await mustShareGround(project, next)
  using way = await wayTo(project)
  const control = connectControl(way.to, { awayMs: AWAY_MS })
  try {
    const { world, running } = await control.call('status', {})
    const { deploys } = await control.call('deploy.list', { limit: DEPLOYS_LOOKED_AT })
    const id = provenRelease({ environment: from, world, running, deploys })
    const release = (await control.call('release.get', { release: id })).release! // It is live: control keeps it.
    mustFit(release, next.app)
    const made = await targetOf(project, control, null, 0).made(release)
    return { release, promotion: { environment: from, release: id, made } }
  } finally {
    control.close()
  }
}

/**
 * What a plan of an earlier hour promotes may have gone since. Told before anything of it is made.
 * @throws Problem `promote.files-gone`
 */
export async function mustBeThereStill({ release, operations }: Plan, target: Target): Promise<void> {
  if (release.promoted === undefined) return
  const there = [...(await target.prepared(release)), ...((await target.fetchable?.(release)) ?? [])]
  const copied = new Set(operations.flatMap(({ kind, service }) => (kind === 'prepare' ? [service] : [])))
  const gone = Object.entries(release.artifacts)
    .filter(([service, artifact]) => !there.includes(artifact) && !copied.has(service))
    .map(([service]) => `${service}: ${release.promoted!.made[service]}`)
  if (gone.length === 0) return
  throw new Problem('promote.files-gone', `not all of what the plan promotes is there any more: ${gone.join(', ')}`, {
    hint: `Make a new plan: \`seaworthy promote ${release.promoted.environment} ${release.config.environment}\`. Nothing was changed.`,
  })
}
