import { createHash } from 'node:crypto'
import { Problem } from '../../../core/problem.ts'
import type { ResolvedService } from '../../../config/resolved.ts'
import type { Release } from '../../release.ts'
import { BASES, knownRuntime, runtimeOf, type Bases } from './base.ts'
import { dockerfileOf, dockerignoreOf, staticDockerfileOf } from './dockerfile.ts'
import { imageName } from './names.ts'
import { ownFiles } from './own-files.ts'

/**
 * The image of a release's service: the very one that was proven elsewhere, the one it names, or the one that its files make. Known before it is built, so that a plan
 * can tell whether it is there.
 * @param bases what generated Dockerfiles begin with. @default BASES
 * @throws Problem `image.no-base`
 */
export function imageOf({ config, artifacts, promoted }: Release, service: string, bases: Bases = BASES): string {
  if (promoted !== undefined) return promoted.made[service]!
  const declared = config.services[service]!
  if (declared.run.kind === 'image') return declared.run.image
  return imageName(config.name, service, artifacts[service]!, recipeOf(service, declared, bases))
}

/** The Dockerfile of a service without one of its own. @throws Problem `image.no-base` */
export function generatedDockerfile(name: string, service: ResolvedService, bases: Bases): string {
  const { run, build } = service
  if (run.kind !== 'static') {
    const runtime = runtimeOf(name, service)
    return dockerfileOf({ name, service, runtime, base: bases[runtime] })
  }
  const base = build === null ? null : bases[runtimeOf(name, service)]
  return staticDockerfileOf({ name, service, folder: run.folder, own: ownOf(name, bases), base })
}

/** Images that a generated Dockerfile begins with, which have to be on the engine first. */
export function basesOf(name: string, service: ResolvedService): readonly (keyof Bases)[] {
  const { run, build } = service
  if (run.kind === 'static') return build === null ? ['seaworthy'] : [runtimeOf(name, service), 'seaworthy']
  return [runtimeOf(name, service)]
}

/**
 * What decides how files become an image, but for a Dockerfile among them: that one is part of the files' own hash, and so
 * needs no place in the name.
 */
function recipeOf(name: string, service: ResolvedService, bases: Bases): string {
  if (service.run.kind === 'program' && knownRuntime(service) === null) return 'Dockerfile'
  const runtime = service.run.kind === 'static' ? 'node' : runtimeOf(name, service)
  const dockerfile = generatedDockerfile(name, service, bases)
  return JSON.stringify([dockerfile, dockerignoreOf(service), ownFiles(runtime).files, ...builtWith(service)])
}

/** A hash of the values that a build is given, which it may write into what it makes; none where it is given none. */
export function builtWith({ build, env }: ResolvedService): readonly string[] {
  if (build === null || Object.keys(env).length === 0) return []
  return [createHash('sha256').update(JSON.stringify(env)).digest('hex').slice(0, 16)]
}

function ownOf(name: string, { seaworthy }: Bases): string {
  if (seaworthy !== undefined) return seaworthy
  throw new Problem(
    'image.no-base',
    `${name} is static, and Seaworthy's own image, which serves its files, is not known`,
    {
      hint: 'Make it with `seaworthy image`.',
    },
  )
}
