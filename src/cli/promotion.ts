import type { Command } from 'commander'
import { connectControl } from '../control/api/client.ts'
import { Problem } from '../core/problem.ts'
import { mustFit, provenRelease } from '../deploy/promotion.ts'
import type { Promotion, Release } from '../deploy/release.ts'
import { globalsOf, openProjectOf } from './command.ts'
import { openProject, type Project } from './project.ts'
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
  const next = await openProject(config, to, { readsOnly: true, host })
  // What it says from here on is about the environment to promote from.
  const project = await openProjectOf(command, from, { readsOnly: true })
  mustShareGround(project, next)
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

/** Artifacts are on one machine, or on one engine; they are sent nowhere. */
function mustShareGround(from: Project, to: Project): void {
  const [one, other] = [from.app.environment, to.app.environment]
  if (one === other) throw new Problem('cli.usage', `${one} cannot be promoted to itself`)
  if (from.app.target === to.app.target && from.hosts[0] === to.hosts[0]) return
  throw new Problem(
    'promote.other-ground',
    `${one} is on ${groundOf(from)} and ${other} on ${groundOf(to)}: one has not the artifacts of the other`,
    {
      hint: 'Promote between environments of one target and one host; elsewhere deploy the same version of the sources.',
    },
  )
}

function groundOf({ app, hosts }: Project): string {
  return app.target === 'docker' ? `docker at ${hosts[0] ?? 'this machine'}` : app.target
}
