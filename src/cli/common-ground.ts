import { Problem } from '../core/problem.ts'
import { readServer } from '../deploy/targets/kubernetes/commands.ts'
import { mustRun } from '../deploy/targets/run-command.ts'
import { clusterPlace } from './kubernetes/place.ts'
import type { Project } from './project.ts'

/** Of the cluster that one is in: kubectl needs no context there. */
const INSIDE = 'https://kubernetes.default.svc'

/**
 * Artifacts are files of one machine, or images of one engine; they are sent nowhere. What a Docker engine and the nodes of a
 * cluster run are images of the same kind: those that `docker` makes by itself are for both.
 * @throws Problem `promote.other-ground`
 */
export async function mustShareGround(from: Project, to: Project): Promise<void> {
  const [one, other] = [from.app.environment, to.app.environment]
  if (one === other) throw new Problem('cli.usage', `${one} cannot be promoted to itself`)
  if (engineOf(from) !== engineOf(to)) throw otherGround([one, groundOf(from)], [other, groundOf(to)])
  if (from.app.target !== 'kubernetes' || to.app.target !== 'kubernetes') return
  if (clusterPlace(from).access.context === clusterPlace(to).access.context) return
  // Two contexts may be two accounts of one cluster.
  const [here, there] = [await serverOf(from), await serverOf(to)]
  if (here !== there) throw otherGround([one, `the cluster at ${here}`], [other, `the one at ${there}`])
}

/** What keeps an environment's artifacts: '' the engine that `docker` speaks to by itself; null: a folder, and no engine. */
function engineOf({ app, hosts }: Project): string | null {
  return app.target === 'process' ? null : (hosts[0] ?? '')
}

function groundOf({ app, hosts }: Project): string {
  return app.target === 'docker' ? `docker at ${hosts[0] ?? 'this machine'}` : app.target
}

async function serverOf(project: Project): Promise<string> {
  const { access, run } = clusterPlace(project)
  return access.context === null ? INSIDE : (await mustRun(readServer(access), run)).trim()
}

type Place = readonly [environment: string, ground: string]

function otherGround([one, here]: Place, [other, there]: Place): Problem {
  return new Problem(
    'promote.other-ground',
    `${one} is on ${here} and ${other} on ${there}: one has not the artifacts of the other`,
    {
      hint: 'Promote between environments of one machine, one engine or one cluster; elsewhere deploy the same version of the sources.',
    },
  )
}
