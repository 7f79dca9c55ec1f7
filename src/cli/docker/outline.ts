import type { Plan } from '../../deploy/plan.ts'
import type { Scaled } from '../../deploy/wanted.ts'
import { readSource } from '../../deploy/source.ts'
import { deployCommands } from '../../deploy/targets/docker/deploy-commands.ts'
import { ownDockerfileNote } from '../../deploy/targets/docker/own-dockerfile.ts'
import { referencesOf, registryOf } from '../hosted/images.ts'
import type { Outline } from '../hosted/hosted.ts'
import type { Project } from '../project.ts'
import { dockerBases, dockerPlace } from './place.ts'

/** The commands by which a deploy has its release on the engine, and what there is to say of its images. */
export async function outlineOf(project: Project, plan: Plan, scaled: Scaled): Promise<Outline> {
  const own = await ownDockerfiles(project)
  const registry = registryOf(project)
  const commands = deployCommands(plan, {
    ...dockerPlace(project),
    bases: dockerBases(),
    own: new Set(Object.keys(own)),
    registry,
    scaled,
    references: await referencesOf(plan, registry, dockerPlace(project)),
  })
  return { commands, notes: Object.keys(own).length === 0 ? {} : { Images: Object.values(own) } }
}

/** Service → what there is to say, of those that bring a Dockerfile of their own. */
export async function ownDockerfiles({ app, folder, keptOut }: Project): Promise<Readonly<Record<string, string>>> {
  const notes: Record<string, string> = {}
  for (const [name, service] of Object.entries(app.services)) {
    const note = ownDockerfileNote(name, service, await readSource(folder, service, keptOut), service.secrets)
    if (note !== null) notes[name] = note
  }
  return notes
}
