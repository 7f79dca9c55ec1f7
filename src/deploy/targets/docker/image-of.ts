import type { Release } from '../../release.ts'
import { BASES, runtimeOf, type Runtime } from './base.ts'
import { dockerfileOf, dockerignoreOf } from './dockerfile.ts'
import { imageName } from './names.ts'
import { ownFiles } from './own-files.ts'

/**
 * The image of a release's service: the one it names, or the one that its files make. Known before it is built, so that a plan
 * can tell whether it is there.
 * @param bases what generated Dockerfiles begin with. @default BASES
 * @throws Problem `image.no-base`
 */
export function imageOf(
  { config, artifacts }: Release,
  service: string,
  bases: Readonly<Record<Runtime, string>> = BASES,
): string {
  const declared = config.services[service]!
  if (declared.run.kind === 'image') return declared.run.image
  const runtime = runtimeOf(service, declared)
  const dockerfile = dockerfileOf({ name: service, service: declared, runtime, base: bases[runtime] })
  const recipe = JSON.stringify([dockerfile, dockerignoreOf(declared), ownFiles(runtime).files])
  return imageName(config.name, service, artifacts[service]!, recipe)
}
