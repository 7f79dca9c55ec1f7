import { secretNames } from '../../need-variables.ts'
import type { Plan } from '../../plan.ts'
import { wantedInstances } from '../../wanted.ts'
import type { Command } from '../command.ts'
import type { Bases } from '../docker/base.ts'
import { pullImage } from '../docker/commands.ts'
import { imageOf } from '../docker/image-of.ts'
import { buildCommand } from '../docker/images.ts'
import type { Place } from '../labels.ts'
import type { Cluster } from './cluster.ts'
import { applyObjects, removeRelease, removeSecrets, restService, type Access } from './commands.ts'
import { objectName } from './names.ts'
import type { KubernetesObject } from './object.ts'
import { serviceObjects } from './objects.ts'

/** What stands for the folder that a build is given: it is made for it, and removed afterwards. */
const CONTEXT = 'CONTEXT'

export interface OutlineOptions {
  readonly access: Access
  readonly place: Place
  readonly cluster: Cluster
  readonly bases: Bases
  /** Services that bring a Dockerfile of their own. */
  readonly own: ReadonlySet<string>
  /** Services of releases that are in the namespace. */
  readonly there: readonly { readonly service: string; readonly release: string }[]
}

/**
 * The commands by which a deploy has its release in the namespace, as far as they are known before, and what comes and goes with
 * it. An object of a release is never changed: the next one has its own. Secrets are read from stdin, and not shown.
 */
export function outlineOf(
  { base, operations, release, retires }: Plan,
  { access, place, cluster, bases, own, there }: OutlineOptions,
): { readonly commands: readonly Command[]; readonly created: readonly string[]; readonly removed: readonly string[] } {
  const { services } = release.config
  const created: KubernetesObject[] = []
  const commands = operations.flatMap(({ kind, service }): readonly Command[] => {
    if (service === null) return []
    const declared = services[service]!
    const isOwn = own.has(service)
    if (kind === 'prepare')
      return declared.run.kind === 'image'
        ? [pullImage(null, declared.run.image)]
        : [buildCommand(release, service, { host: null, folder: CONTEXT, bases, isOwn })]
    if (kind === 'stop') return [restService(access, place, base.live!, service)]
    if (kind !== 'start') return []
    const objects = serviceObjects({
      release,
      service,
      image: imageOf(release, service, bases),
      isOwn,
      cluster,
      instances: wantedInstances(service, declared, {}),
      values: Object.fromEntries(secretNames(declared, release.config.needs).map((name) => [name, ''])),
    })
    created.push(...objects)
    return [applyObjects(access, objects)]
  })
  const rested = new Set(operations.filter(({ kind }) => kind === 'stop').map(({ service }) => service))
  const going = there.filter(
    (one) => retires.includes(one.release) || (one.release === base.live && rested.has(one.service)),
  )
  const names = going.map(({ service, release: id }) => objectName(place, service, id))
  return {
    commands: [
      ...commands,
      ...going.map((one) => removeRelease(access, place, one.release, one.service)),
      ...(names.length === 0 ? [] : [removeSecrets(access, names)]),
    ],
    created: created.map(({ kind, metadata }) => `${kind} ${metadata.name}`),
    removed: names,
  }
}
