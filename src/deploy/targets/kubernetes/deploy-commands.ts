import { secretNames } from '../../need-variables.ts'
import type { Plan } from '../../plan.ts'
import { wantedInstances, type Scaled } from '../../wanted.ts'
import type { Command } from '../command.ts'
import type { Bases } from '../docker/base.ts'
import { pullImage } from '../docker/commands.ts'
import { imageOf } from '../docker/image-of.ts'
import { buildCommand } from '../docker/images.ts'
import { bringCommands, isMadeHere, referenceToBe, type ThroughRegistry } from '../docker/through-registry.ts'
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
  /** By which images come to the nodes; null: they run them on the engine that makes them. */
  readonly registry: ThroughRegistry | null
  /** Service → the reference by which one that needs no preparation is started, where it came through a registry. */
  readonly references: ReadonlyMap<string, string>
  readonly scaled: Scaled
  /** With what nodes fetch from there; null: with what they have. */
  readonly pullSecret: KubernetesObject | null
  /** Services of releases that are in the namespace. */
  readonly there: readonly { readonly service: string; readonly release: string }[]
}

/**
 * The commands by which a deploy has its release in the namespace, as far as they are known before, and what comes and goes with
 * it. An object of a release is never changed: the next one has its own. Secrets are read from stdin, and not shown.
 */
export function outlineOf(
  { base, operations, release, retires }: Plan,
  { access, place, cluster, bases, own, there, registry, references, scaled, pullSecret }: OutlineOptions,
): { readonly commands: readonly Command[]; readonly created: readonly string[]; readonly removed: readonly string[] } {
  const { services } = release.config
  const isStarted = operations.some(({ kind }) => kind === 'start')
  const shared = pullSecret !== null && isStarted ? [pullSecret] : []
  const created: KubernetesObject[] = [...shared]
  const commands = operations.flatMap(({ kind, service }): readonly Command[] => {
    if (service === null) return []
    const declared = services[service]!
    const isOwn = own.has(service)
    const through = isMadeHere(release, service) ? registry : null
    if (kind === 'prepare') {
      if (declared.run.kind === 'image') return [pullImage(null, declared.run.image)]
      return through === null
        ? [buildCommand(release, service, { host: null, folder: CONTEXT, bases, isOwn })]
        : bringCommands(release, service, through, { folder: CONTEXT, isOwn })
    }
    if (kind === 'stop') return [restService(access, place, base.live!, service)]
    if (kind !== 'start') return []
    const objects = serviceObjects({
      release,
      service,
      image:
        references.get(service) ??
        (through === null ? imageOf(release, service, bases) : referenceToBe(release, service, through)),
      isOwn,
      pulls: registry !== null,
      cluster,
      instances: wantedInstances(service, release.config, scaled),
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
      ...(shared.length === 0 ? [] : [applyObjects(access, shared)]),
      ...commands,
      ...going.map((one) => removeRelease(access, place, one.release, one.service)),
      ...(names.length === 0 ? [] : [removeSecrets(access, names)]),
    ],
    created: created.map(({ kind, metadata }) => `${kind} ${metadata.name}`),
    removed: names,
  }
}
