import type { Command } from '../command.ts'
import { applyObjects, type Access } from './commands.ts'
import { controlName } from './control.ts'
import { differences, installationObjects, type InstallationInput } from './installation.ts'
import type { Own } from './own.ts'

/** What a namespace has of an installation. */
export interface InstallationThere {
  readonly own: Own | null
  /** Control has kept something here. */
  readonly hasVolume: boolean
}

export interface InstallationPlan {
  /** `replace`: the front door answers nobody for the seconds that it takes. */
  readonly kind: 'nothing' | 'make' | 'start' | 'replace'
  /** Why, a sentence each. */
  readonly because: readonly string[]
  readonly commands: readonly Command[]
}

/**
 * The commands after which the installation is there: none where it is. The image is where the nodes find it by then.
 * @param isImage whether an image is the one that is wanted
 */
export function planInstallation(
  access: Access,
  wanted: InstallationInput,
  { own, hasVolume }: InstallationThere,
  isImage: (name: string) => boolean,
): InstallationPlan {
  const name = controlName(wanted.place)
  const commands = [applyObjects(access, installationObjects(wanted))]
  if (own === null && !hasVolume) return { kind: 'make', because: [`there is no ${name} yet`], commands }
  if (own === null) return { kind: 'start', because: [`${name} was stopped; its volume is there`], commands }
  const because = [
    ...(isImage(own.image) ? [] : [`the image is ${wanted.image}, and it runs ${own.image}`]),
    ...differences(wanted, own.installation),
  ]
  return because.length === 0 ? { kind: 'nothing', because, commands: [] } : { kind: 'replace', because, commands }
}
