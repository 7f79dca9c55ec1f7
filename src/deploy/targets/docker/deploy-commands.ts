import { secretNames } from '../../need-variables.ts'
import type { Plan } from '../../plan.ts'
import { wantedInstances, type Scaled } from '../../wanted.ts'
import type { Command } from '../command.ts'
import type { Place } from '../labels.ts'
import type { Bases } from './base.ts'
import { pullImage, type Host } from './commands.ts'
import { containerOf } from './container.ts'
import { imageOf } from './image-of.ts'
import { buildCommand } from './images.ts'
import { networkName } from './names.ts'
import { startCommands } from './start-commands.ts'
import { bringCommands, fetchCommands, isMadeHere, referenceToBe, type ThroughRegistry } from './through-registry.ts'

/** What stands for the folder that a build is given: it is made for it, and removed afterwards. */
const CONTEXT = 'CONTEXT'

export interface DeployCommandsOptions {
  readonly host: Host
  readonly place: Place
  readonly bases: Bases
  /** Services that bring a Dockerfile of their own. */
  readonly own: ReadonlySet<string>
  /** By which images come to the engine; null: they are made on it. */
  readonly registry: ThroughRegistry | null
  /** Service → the reference by which one that needs no preparation is started, where it came through a registry. */
  readonly references: ReadonlyMap<string, string>
  readonly scaled: Scaled
}

/**
 * The commands by which a deploy has its release on the engine, as far as they are known before: what they look at first is
 * left out, and of what a killed command has left behind nothing is known. Secrets are read from stdin, and not shown.
 */
export function deployCommands(
  { operations, release }: Plan,
  { host, place, bases, own, registry, references, scaled }: DeployCommandsOptions,
): readonly Command[] {
  const { services } = release.config
  return operations.flatMap(({ kind, service }): readonly Command[] => {
    if (service === null) return []
    if (kind !== 'prepare' && kind !== 'start') return []
    const declared = services[service]!
    const image = imageOf(release, service, bases)
    const isOwn = own.has(service)
    const toBe = registry === null || !isMadeHere(release, service) ? null : referenceToBe(release, service, registry)
    if (kind === 'prepare') {
      if (declared.run.kind === 'image') return [pullImage(host, image)]
      if (toBe === null) return [buildCommand(release, service, { host, folder: CONTEXT, bases, isOwn })]
      const brought = bringCommands(release, service, registry!, { folder: CONTEXT, isOwn })
      return [...brought, ...fetchCommands(host, toBe, image)]
    }
    const started = references.get(service) ?? toBe ?? image
    // A new release counts from one.
    const numbers = Array.from({ length: wantedInstances(service, release.config, scaled) }, (_, index) => index + 1)
    return startCommands({
      host,
      place,
      wanted: numbers.map((number) => containerOf(release, service, number, started, isOwn)),
      values: Object.fromEntries(secretNames(declared, release.config.needs).map((name) => [name, ''])),
      there: { containers: [], networks: [networkName(place, 'inside')] },
    })
  })
}
