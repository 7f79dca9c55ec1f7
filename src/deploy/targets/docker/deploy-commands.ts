import { secretNames } from '../../need-variables.ts'
import type { Plan } from '../../plan.ts'
import { wantedInstances } from '../../wanted.ts'
import type { Command } from '../command.ts'
import type { Place } from '../labels.ts'
import type { Bases } from './base.ts'
import { pullImage, type Host } from './commands.ts'
import { containerOf } from './container.ts'
import { imageOf } from './image-of.ts'
import { buildCommand } from './images.ts'
import { networkName } from './names.ts'
import { startCommands } from './start-commands.ts'

/** What stands for the folder that a build is given: it is made for it, and removed afterwards. */
const CONTEXT = 'CONTEXT'

export interface DeployCommandsOptions {
  readonly host: Host
  readonly place: Place
  readonly bases: Bases
  /** Services that bring a Dockerfile of their own. */
  readonly own: ReadonlySet<string>
}

/**
 * The commands by which a deploy has its release on the engine, as far as they are known before: what they look at first is
 * left out, and of what a killed command has left behind nothing is known. Secrets are read from stdin, and not shown.
 */
export function deployCommands(
  { operations, release }: Plan,
  { host, place, bases, own }: DeployCommandsOptions,
): readonly Command[] {
  const { services } = release.config
  return operations.flatMap(({ kind, service }): readonly Command[] => {
    if (service === null) return []
    if (kind !== 'prepare' && kind !== 'start') return []
    const declared = services[service]!
    const image = imageOf(release, service, bases)
    const isOwn = own.has(service)
    if (kind === 'prepare')
      return declared.run.kind === 'image'
        ? [pullImage(host, image)]
        : [buildCommand(release, service, { host, folder: CONTEXT, bases, isOwn })]
    // A new release counts from one.
    const numbers = Array.from({ length: wantedInstances(service, declared, {}) }, (_, index) => index + 1)
    return startCommands({
      host,
      place,
      wanted: numbers.map((number) => containerOf(release, service, number, image, isOwn)),
      values: Object.fromEntries(secretNames(declared, release.config.needs).map((name) => [name, ''])),
      there: { containers: [], networks: [networkName(place, 'inside')] },
    })
  })
}
