import type { Plan } from '../../deploy/plan.ts'
import type { Scaled } from '../../deploy/wanted.ts'
import { listPolicies } from '../../deploy/targets/kubernetes/own-commands.ts'
import { outlineOf } from '../../deploy/targets/kubernetes/deploy-commands.ts'
import { lookAtCluster } from '../../deploy/targets/kubernetes/look.ts'
import { releasesIn } from '../../deploy/targets/kubernetes/names.ts'
import { pullSecretOf } from '../../deploy/targets/kubernetes/pull-secret.ts'
import { loginOf } from '../../deploy/targets/image/registry-login.ts'
import { serverOf } from '../../deploy/targets/image/registry.ts'
import { mustRun } from '../../deploy/targets/run-command.ts'
import { ownDockerfiles } from '../docker/outline.ts'
import { imagesOf, referencesOf, registryOf } from '../hosted/images.ts'
import type { Outline } from '../hosted/hosted.ts'
import type { Project } from '../project.ts'
import { clusterPlace } from './place.ts'

/** The commands by which a deploy has its release in the namespace, and which objects come and go with it. */
export async function outlineOn(project: Project, plan: Plan, scaled: Scaled): Promise<Outline> {
  const { access, place, run } = clusterPlace(project)
  const own = await ownDockerfiles(project)
  const images = imagesOf(project)
  const registry = registryOf(project)
  const login = registry === null ? null : await loginOf(serverOf(registry.name), run)
  const { commands, created, removed } = outlineOf(plan, {
    access,
    place,
    cluster: await lookAtCluster(access, run),
    bases: images.bases!,
    registry,
    scaled,
    references: await referencesOf(plan, registry, images),
    pullSecret: login === null ? null : pullSecretOf(place, login),
    own: new Set(Object.keys(own)),
    there: releasesIn(await mustRun(listPolicies(access, place), run)),
  })
  return {
    commands,
    notes: {
      ...(Object.keys(own).length === 0 ? {} : { Images: Object.values(own) }),
      Objects: [
        ...created.map((name) => `+ ${name}`),
        // One name for all that a service of a release has, whatever its kind.
        ...removed.map((name) => `- ${name}: all of it`),
      ],
    },
  }
}
